#!/usr/bin/env python3
"""A CPI in fifty lines, for CloudStack: enough for disks and light stemcells, and for seeing what
`cpi conformance` and `cpi torture` say of a CPI. It believes what it is answered, keeps no journal,
and never tries again: do not run it against a cloud that matters.

    cpi torture --matrix liar --method create_disk \\
        --cpi 'python3 examples/sample-cpi/cpi.py {config}' --template examples/sample-cpi/config.json
"""
import base64, hashlib, hmac, json, sys, time, urllib.error, urllib.parse, urllib.request, uuid

config = json.load(open(sys.argv[1]))


def call(command, **params):
    """One signed call of CloudStack's API; waits for its job, if it starts one."""
    params.update(command=command, response="json", apikey=config["api_key"])
    query = urllib.parse.urlencode(sorted(params.items()), quote_via=urllib.parse.quote)
    digest = hmac.new(config["secret_access_key"].encode(), query.lower().encode(), hashlib.sha1)
    signature = urllib.parse.quote(base64.b64encode(digest.digest()), safe="")
    try:
        answer = urllib.request.urlopen(f"{config['endpoint']}?{query}&signature={signature}", timeout=20)
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{command}: {error.read().decode(errors='replace')}")
    body = next(iter(json.load(answer).values()))
    while "jobid" in body and command != "queryAsyncJobResult":
        job = call("queryAsyncJobResult", jobid=body["jobid"])
        if job["jobstatus"] == 2:
            raise RuntimeError(f"{command}: {job['jobresult']}")
        if job["jobstatus"] == 1:
            return job["jobresult"]
        time.sleep(0.1)
    return body


def rows(command, key, **filters):
    """The rows of a list, as they come: nothing is compared here, which is the mistake."""
    return call(command, listall="true", **filters).get(key, [])


def create_disk(size, properties, _vm=None):
    zone = rows("listZones", "zone", name=config["zone"])[0]["id"]
    offering = rows("listDiskOfferings", "diskoffering", name=properties["disk_offering"])[0]["id"]
    name = f"sample-{uuid.uuid4()}"
    call("createVolume", name=name, zoneid=zone, diskofferingid=offering, size=-(-size // 1024))
    return rows("listVolumes", "volume", name=name)[0]["id"]


METHODS = {
    "info": lambda: {"api_version": 2, "stemcell_formats": ["cloudstack-light"]},
    "create_stemcell": lambda _image, properties: rows(
        "listTemplates", "template", templatefilter="executable", name=properties["template"])[0]["id"],
    "delete_stemcell": lambda _cid: None,
    "create_disk": create_disk,
    "has_disk": lambda cid: bool(rows("listVolumes", "volume", id=cid)),
    "delete_disk": lambda cid: None if not rows("listVolumes", "volume", id=cid) else call("deleteVolume", id=cid) and None,
    "has_vm": lambda cid: bool(rows("listVirtualMachines", "virtualmachine", id=cid)),
}
request = json.load(sys.stdin)
answer = {"result": None, "error": None, "log": ""}
try:
    if request["method"] not in METHODS:
        answer["error"] = {"type": "Bosh::Clouds::NotImplemented", "message": request["method"], "ok_to_retry": False}
    else:
        answer["result"] = METHODS[request["method"]](*request["arguments"])
except Exception as error:
    answer["error"] = {"type": "Bosh::Clouds::CloudError", "message": str(error), "ok_to_retry": False}
print(json.dumps(answer))
