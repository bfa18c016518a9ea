#!/bin/bash
# Keeps the address of CloudStack's virtual router in /etc/hosts under the name data-server.
#
# The BOSH agent reads its settings from http://data-server. Only the virtual router's own DNS knows
# that name, and once the agent has configured a static network, the resolvers are those of the
# manifest. Written into this image by the BOSH CPI for CloudStack.
set -u

name=data-server
hosts=/etc/hosts
saved=/var/vcap/bosh/data-server

machine=$(cat /sys/class/dmi/id/product_uuid 2>/dev/null)
machine=${machine:-unknown}
mark="# BOSH CPI, VM"
own="$mark ${machine,,}"

# Whether an address answers as a virtual router does: with the id of this VM, not with a page.
serves() {
    local answer
    answer=$(timeout 2 bash -c '
        exec 3<>"/dev/tcp/$0/80" || exit
        printf "GET /latest/meta-data/instance-id HTTP/1.0\r\nHost: data-server\r\n\r\n" >&3
        head -c 2048 <&3' "$1" 2>/dev/null)
    [[ $answer == HTTP/1.?" 200"* ]] || return 1
    [[ ${answer##*$'\r\n\r\n'} =~ ^[A-Za-z0-9-]{4,64}[[:space:]]*$ ]]
}

candidates() {
    # The DHCP server is the router, in a shared network too.
    sed -n 's/^SERVER_ADDRESS=//p' /run/systemd/netif/leases/* 2>/dev/null
    # The gateway is the router of an isolated network or of a VPC's tier.
    local destination gateway
    while read -r _ destination gateway _; do
        [[ $destination == 00000000 && $gateway =~ ^[0-9A-F]{8}$ && $gateway != 00000000 ]] || continue
        printf '%d.%d.%d.%d\n' "0x${gateway:6:2}" "0x${gateway:4:2}" "0x${gateway:2:2}" \
            "0x${gateway:0:2}"
    done </proc/net/route
    # Where it was before, and where dhclient had its lease from.
    local of address
    [[ -r $saved ]] && read -r of address <"$saved" && [[ $of == "${machine,,}" ]] && echo "$address"
    sed -n 's/.*dhcp-server-identifier \([0-9.]*\);.*/\1/p' /var/lib/dhcp/*.leases 2>/dev/null
    timeout 2 getent ahostsv4 "$name" 2>/dev/null | while read -r address _; do echo "$address"; done
}

find_router() {
    local address
    for address in $(candidates | awk '!known[$0]++'); do
        if serves "$address"; then
            printf '%s %s\n' "${machine,,}" "$address" >"$saved"
            printf '%s %s %s\n' "$address" "$name" "$own" >>"$hosts"
            return 0
        fi
    done
    return 1
}

is_kept() { [[ $(<"$hosts") == *"$own"* ]]; }

# An image that was made of another VM brings the router of that one along.
if grep -q "$mark" "$hosts" && ! is_kept; then
    sed -i "/$mark/d" "$hosts"
fi

found=
is_kept && found=yes
turn=0
while :; do
    # Settings that are on a config drive need no router.
    [[ -e /dev/disk/by-label/config-2 || -e /dev/disk/by-label/CONFIG-2 ]] && exit 0
    if is_kept; then
        # A router that was made anew may have another address.
        if ((++turn % 300 == 0)) && ! serves "$(read -r _ address <"$saved"; echo "$address")"; then
            sed -i "/$mark/d" "$hosts"
        fi
        sleep 1
    elif find_router; then
        found=yes
    elif [[ -z $found ]] && ((SECONDS > 600)); then
        # There is none in this network.
        exit 0
    else
        sleep 0.5
    fi
done
