//! Conversions keep every byte, and QEMU finds nothing wrong with what comes out.

use crate::common::{missing, qemu_convert, run, scratch, text, try_run};
use std::fs;
use std::path::Path;
use stemcell::{Boot, Hypervisor, ImageFormat, StemcellError, Target, convert};

/// 9 MiB and a bit, with data in some places.
fn disk() -> Vec<u8> {
    let mut bytes = vec![0; (9 << 20) + 1536];
    bytes[510..512].copy_from_slice(&[0x55, 0xaa]);
    for (at, count) in [(0x10_0000, 5000), (0x3f_ff00, 70_000), (0x90_0000, 1000)] {
        let noise = (0..count).map(|n: usize| (n * 31 % 251) as u8);
        bytes.splice(at..at + count, noise);
    }
    bytes
}

/// The image's disk is exactly the first one, for QEMU too.
fn same(raw: &Path, image: &Path, format: &str) {
    run("qemu-img", &["compare", "-q", "-f", "raw", "-F", format, text(raw), text(image)]);
}

/// From each format that can be read to each that can be written.
#[test]
fn every_pair() {
    if missing(&["qemu-img"]) {
        return;
    }
    let scratch = scratch();
    let raw = scratch.path().join("disk.raw");
    fs::write(&raw, disk()).expect("raw");
    let sources: [(&str, &str); 9] = [
        ("raw", ""),
        ("qcow2", "compat=0.10"),
        ("qcow2", "compat=1.1,cluster_size=4096"),
        ("vpc", "subformat=dynamic,force_size=on"),
        ("vpc", "subformat=fixed,force_size=on"),
        ("vhdx", "subformat=dynamic"),
        ("vhdx", "subformat=fixed"),
        ("vmdk", "subformat=monolithicSparse"),
        ("vmdk", "subformat=streamOptimized"),
    ];
    let targets = [
        (Target::Raw, "raw"),
        (Target::Qcow2, "qcow2"),
        (Target::VhdDynamic, "vpc"),
        (Target::VhdFixed, "vpc"),
        (Target::VmdkStream, "vmdk"),
    ];
    for (name, option) in sources {
        let from = scratch.path().join("from");
        let options: &[&str] = match (name, option) {
            ("qcow2", "compat=0.10") => &["-c", "-o", option],
            (_, "") => &[],
            _ => &["-o", option],
        };
        qemu_convert(&raw, &from, &[&["-f", "raw", "-O", name], options].concat());
        for (target, format) in targets {
            let to = scratch.path().join("to");
            let mut done = 0;
            convert(&from, &to, target, &mut |bytes| done = bytes).expect("converted");
            assert_eq!(done, disk().len() as u64, "{name} to {target:?}");
            assert_eq!(stemcell::format_of(&to).expect("format"), target.format());
            same(&raw, &to, format);
            if format == "qcow2" {
                run("qemu-img", &["check", "-q", text(&to)]);
            }
            fs::remove_file(&to).expect("remove");
        }
    }
}

/// What a converted image takes is what is in it, not its size.
#[test]
fn zeros_take_no_room() {
    let scratch = scratch();
    let (from, to) = (scratch.path().join("from"), scratch.path().join("to"));
    fs::write(&from, disk()).expect("raw");
    fs::File::options()
        .write(true)
        .open(&from)
        .and_then(|file| file.set_len(300 << 20))
        .expect("size");
    convert(&from, &to, Target::VhdDynamic, &mut |_| ()).expect("converted");
    let length = fs::metadata(&to).expect("metadata").len();
    assert!(length < 9 << 20, "{length}");
}

/// An OVA is what VMware's format says: descriptor, manifest with the right sums, and a VMDK that
/// QEMU reads; the disk is read from within it, too.
#[test]
fn an_ova() {
    if missing(&["qemu-img", "tar", "sha1sum"]) {
        return;
    }
    let scratch = scratch();
    let (raw, ova) = (scratch.path().join("disk.raw"), scratch.path().join("stemcell.ova"));
    fs::write(&raw, disk()).expect("raw");
    convert(&raw, &ova, Target::Ova, &mut |_| ()).expect("converted");
    let listed = run("tar", &["-tf", text(&ova)]);
    assert_eq!(listed, "image.ovf\nimage.mf\nimage-disk1.vmdk\n");
    run("tar", &["-xf", text(&ova), "-C", text(scratch.path())]);
    let vmdk = scratch.path().join("image-disk1.vmdk");
    same(&raw, &vmdk, "vmdk");
    run("qemu-img", &["check", "-q", "-f", "vmdk", text(&vmdk)]);
    let sums = fs::read_to_string(scratch.path().join("image.mf")).expect("manifest");
    for name in ["image.ovf", "image-disk1.vmdk"] {
        let sum = run("sha1sum", &[text(&scratch.path().join(name))]);
        assert!(sums.contains(&format!("SHA1({name})= {}\n", &sum[..40])), "{sums}");
    }
    let ovf = fs::read_to_string(scratch.path().join("image.ovf")).expect("descriptor");
    let length = vmdk.metadata().expect("metadata").len();
    assert!(ovf.contains(&format!("ovf:size=\"{length}\"")), "{ovf}");
    assert!(ovf.contains(&format!("ovf:capacity=\"{}\"", disk().len())), "{ovf}");

    assert_eq!(stemcell::format_of(&ova).expect("format"), ImageFormat::Ova);
    assert_eq!(stemcell::disk_size(&ova).expect("size"), disk().len() as u64);
    let again = scratch.path().join("again.raw");
    convert(&ova, &again, Target::Raw, &mut |_| ()).expect("converted");
    assert!(fs::read(&again).expect("raw") == disk());
    let other = scratch.path().join("other.ova");
    run("tar", &["-cf", text(&other), "-C", text(scratch.path()), "image.ovf"]);
    let error = stemcell::disk_size(&other).expect_err("no disk");
    assert!(error.to_string().contains("contains no disk"), "{error}");
}

/// Refused with a reason, and nothing is left; nothing that is there is overwritten.
#[test]
fn what_cannot_be_done_is_refused() {
    if missing(&["qemu-img"]) {
        return;
    }
    let scratch = scratch();
    let raw = scratch.path().join("disk.raw");
    fs::write(&raw, disk()).expect("raw");
    let text = scratch.path().join("disk.vmdk");
    fs::write(&text, "# Disk DescriptorFile\nRW 4096 FLAT \"/etc/passwd\" 0\n").expect("written");
    let to = scratch.path().join("to");
    let error = convert(&text, &to, Target::Raw, &mut |_| ()).expect_err("refused");
    assert!(error.to_string().contains("qemu-img convert"), "{error}");
    assert!(!to.exists());
    fs::write(&to, "mine").expect("write");
    let error = convert(&raw, &to, Target::Raw, &mut |_| ()).expect_err("refused");
    assert!(matches!(error, StemcellError::File { .. }), "{error:?}");
    assert_eq!(fs::read(&to).expect("read"), b"mine");
    let vhd = scratch.path().join("damaged.vhd");
    qemu_convert(&raw, &vhd, &["-f", "raw", "-O", "vpc"]);
    let mut bytes = fs::read(&vhd).expect("vhd");
    bytes[50] ^= 1;
    fs::write(&vhd, bytes).expect("vhd");
    let other = scratch.path().join("other");
    let error = convert(&vhd, &other, Target::Raw, &mut |_| ()).expect_err("damaged");
    assert!(error.to_string().contains("checksum of its footer"), "{error}");
    assert!(!other.exists());
    assert!(try_run("qemu-img", &["--version"]).status.success());
}

/// What is written onto a device is the disk, whatever was there before; zeros take no room where
/// there were zeros, and what lies behind its end stays.
#[test]
fn onto_a_device() {
    use std::os::unix::fs::MetadataExt;
    if missing(&["qemu-img"]) {
        return;
    }
    let scratch = scratch();
    let (raw, device) = (scratch.path().join("disk.raw"), scratch.path().join("device"));
    fs::write(&raw, disk()).expect("raw");
    let qcow2 = scratch.path().join("disk.qcow2");
    qemu_convert(&raw, &qcow2, &["-f", "raw", "-O", "qcow2", "-c"]);
    assert_eq!(stemcell::disk_size(&qcow2).expect("size"), disk().len() as u64);

    let empty = fs::File::create(&device).expect("device");
    empty.set_len(64 << 20).expect("size");
    stemcell::write_onto(&qcow2, &device, &mut |_| ()).expect("written");
    let blocks = fs::metadata(&device).expect("metadata").blocks();
    assert!(blocks * 512 < 5 << 20, "{blocks}");
    let written = fs::read(&device).expect("device");
    assert!(written[..disk().len()] == disk() && written[disk().len()..].iter().all(|b| *b == 0));

    fs::write(&device, vec![7; 12 << 20]).expect("garbage");
    stemcell::write_onto(&raw, &device, &mut |_| ()).expect("written");
    let written = fs::read(&device).expect("device");
    assert!(written[..disk().len()] == disk() && written[disk().len()..].iter().all(|b| *b == 7));

    fs::write(&device, [7; 512]).expect("small");
    let error = stemcell::write_onto(&raw, &device, &mut |_| ()).expect_err("too small");
    assert!(error.to_string().contains("512 bytes"), "{error}");
    assert_eq!(fs::read(&device).expect("device"), [7; 512]);
}

/// Which format boots where.
#[test]
fn boots_where() {
    let cases = [
        (ImageFormat::Qcow2, Hypervisor::Kvm, Boot::Yes),
        (ImageFormat::Raw, Hypervisor::Kvm, Boot::Yes),
        (ImageFormat::VhdDynamic, Hypervisor::Kvm, Boot::Converted(ImageFormat::Qcow2)),
        (ImageFormat::Qcow2, Hypervisor::XenServer, Boot::Converted(ImageFormat::VhdDynamic)),
        (ImageFormat::VhdDynamic, Hypervisor::XenServer, Boot::Yes),
        (ImageFormat::Ova, Hypervisor::Vmware, Boot::Yes),
        (ImageFormat::VmdkStream, Hypervisor::Vmware, Boot::Converted(ImageFormat::Ova)),
        (ImageFormat::Vhdx, Hypervisor::HyperV, Boot::Yes),
        (ImageFormat::Vhdx, Hypervisor::XenServer, Boot::Converted(ImageFormat::VhdDynamic)),
    ];
    for (format, hypervisor, boot) in cases {
        assert_eq!(format.boots_on(hypervisor), boot, "{format} on {hypervisor}");
    }
    let Boot::No(reason) = ImageFormat::VhdDifferencing.boots_on(Hypervisor::Kvm) else {
        panic!("half of a disk does not boot");
    };
    assert!(reason.contains("qemu-img convert"), "{reason}");
    assert_eq!("kvm".parse(), Ok(Hypervisor::Kvm));
    assert!("xen".parse::<Hypervisor>().is_err_and(|told| told.contains("XenServer")));
}
