//! Whatever an image is wrapped in, it comes out as it was; whatever is wrong with the wrapping
//! is told, and nothing is left behind.

use crate::common::{Builder, missing, qemu_convert, run, scratch, text};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use stemcell::{
    Checksum, Compression, ImageFormat, Layer, StemcellError, UnpackOptions, Unpacked, unpack,
};

/// A disk of 1 MiB that is recognised as one: a boot signature, and noise.
fn disk() -> Vec<u8> {
    let mut bytes: Vec<u8> =
        (0_u32..262_144).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
    bytes[100..400_000].fill(0);
    bytes[510..512].copy_from_slice(&[0x55, 0xaa]);
    bytes
}

fn unpacked(source: impl Read, directory: &Path) -> Result<Unpacked, StemcellError> {
    unpack(source, directory, &UnpackOptions::default(), &mut |_| ())
}

/// How many files are in a directory.
fn entries(directory: &Path) -> usize {
    fs::read_dir(directory).expect("directory").count()
}

/// Compresses a file with the tool of that name, and returns the new file.
fn compress(tool: &str, file: &Path) -> PathBuf {
    let (extension, arguments): (_, &[&str]) = match tool {
        "gzip" => ("gz", &["-k", "-n"]),
        "bzip2" => ("bz2", &["-k"]),
        "xz" => ("xz", &["-k"]),
        _ => ("zst", &["-k", "-q"]),
    };
    run(tool, &[arguments, &[text(file)]].concat());
    PathBuf::from(format!("{}.{extension}", text(file)))
}

const COMPRESSORS: [(&str, Compression); 4] = [
    ("gzip", Compression::Gzip),
    ("bzip2", Compression::Bzip2),
    ("xz", Compression::Xz),
    ("zstd", Compression::Zstd),
];

/// Each compressor alone, several streams in one file, and with a tar inside; truncated, and
/// with a flipped bit.
#[test]
fn every_compression() {
    for (tool, compression) in COMPRESSORS {
        if missing(&[tool, "tar"]) {
            continue;
        }
        let (source, target) = (scratch(), scratch());
        let plain = source.path().join("some.thing");
        fs::write(&plain, disk()).expect("write");
        let packed = fs::read(compress(tool, &plain)).expect("packed");
        let found = unpacked(&packed[..], target.path()).expect(tool);
        assert_eq!(found.format, ImageFormat::Raw);
        assert_eq!(found.layers, [Layer::Compressed(compression)]);
        assert!(fs::read(&found.image).expect("image") == disk(), "{tool}");
        assert_eq!(found.input_size, packed.len() as u64);
        drop(found);

        let twice = [&packed[..], &packed[..]].concat();
        let found = unpacked(&twice[..], target.path()).expect(tool);
        assert_eq!(found.size, 2 << 20, "{tool}: both streams");
        drop(found);

        let cut = &packed[..packed.len() - 5];
        let error = unpacked(cut, target.path()).expect_err("truncated");
        assert!(matches!(error, StemcellError::Truncated { .. }), "{tool}: {error:?}");
        let mut flipped = packed.clone();
        flipped[packed.len() / 2] ^= 0x10;
        let error = unpacked(&flipped[..], target.path()).expect_err("damaged");
        let told = matches!(error, StemcellError::Damaged { .. } | StemcellError::Truncated { .. });
        assert!(told, "{tool}: {error:?}");
        assert_eq!(entries(target.path()), 0, "{tool}: nothing is left");
    }
}

/// A stemcell as it is loaded, and the shapes of its image: told by content, not by name.
#[test]
fn a_whole_stemcell() {
    if missing(&["mke2fs", "sfdisk", "qemu-img", "tar", "gzip"]) {
        return;
    }
    let source = scratch();
    let raw = Builder::default().build(source.path());
    let qcow2 = source.path().join("root.img");
    qemu_convert(&raw, &qcow2, &["-O", "qcow2", "-c", "-o", "compat=0.10"]);
    let at = text(source.path());
    run("tar", &["-czf", &format!("{at}/image"), "-C", at, "root.img"]);
    let image = fs::read(source.path().join("image")).expect("image");
    let sha1 = run("sha1sum", &[&format!("{at}/image")])[..40].to_owned();
    for (order, sha1) in [("stemcell.MF image", &sha1), ("image stemcell.MF", &sha1)] {
        fs::write(source.path().join("stemcell.MF"), manifest(sha1)).expect("manifest");
        let tgz = format!("{at}/stemcell.tgz");
        run(
            "tar",
            &[&["-czf", &tgz, "-C", at], &order.split(' ').collect::<Vec<_>>()[..]].concat(),
        );
        let bytes = fs::read(&tgz).expect("tgz");
        let target = scratch();
        let mut told = Vec::new();
        let mut tell = |done| told.push(done);
        let found = unpack(&bytes[..], target.path(), &UnpackOptions::default(), &mut tell)
            .expect("stemcell");
        assert_eq!(found.format, ImageFormat::Qcow2);
        assert!(fs::read(&found.image).expect("image") == fs::read(&qcow2).expect("qcow2"));
        let gzip = Layer::Compressed(Compression::Gzip);
        let layers =
            [gzip.clone(), Layer::Tar("image".into()), gzip, Layer::Tar("root.img".into())];
        assert_eq!(found.layers, layers);
        assert_eq!(told.last(), Some(&(bytes.len() as u64)), "progress ends with all of it");
        let manifest = found.manifest.expect("manifest");
        assert_eq!((manifest.version.as_str(), manifest.api_version), ("1.484", Some(3)));
        assert_eq!(manifest.cloud_properties["disk_format"], "qcow2");
        assert_eq!(manifest.stemcell_formats, ["openstack-qcow2"]);

        fs::write(source.path().join("stemcell.MF"), self::manifest(&"0".repeat(40)))
            .expect("manifest");
        run(
            "tar",
            &[&["-czf", &tgz, "-C", at], &order.split(' ').collect::<Vec<_>>()[..]].concat(),
        );
        let error =
            unpacked(&fs::read(&tgz).expect("tgz")[..], target.path()).expect_err("another image");
        let StemcellError::WrongChecksum { actual, .. } = error else { panic!("{error:?}") };
        assert_eq!(&actual, sha1);
    }
    let checksum: Checksum = format!("sha1:{sha1}").parse().expect("checksum");
    let options = UnpackOptions { expected: Some(checksum), ..UnpackOptions::default() };
    unpack(&image[..], source.path(), &options, &mut |_| ()).expect("the promised image");
    let error = unpack(&image[1..], source.path(), &options, &mut |_| ()).expect_err("another");
    assert!(matches!(error, StemcellError::WrongChecksum { .. }), "{error:?}");
}

fn manifest(sha1: &str) -> String {
    format!(
        "---\nname: bosh-openstack-kvm-ubuntu-jammy-go_agent\nversion: '1.484'\nbosh_protocol: 1\napi_version: 3\nsha1: {sha1}\noperating_system: ubuntu-jammy\nstemcell_formats:\n- openstack-qcow2\ncloud_properties:\n  name: bosh-openstack-kvm-ubuntu-jammy-go_agent\n  disk: 5120\n  disk_format: qcow2\n"
    )
}

/// VHD under bzip2, as the builder's cloudstack stemcells have it; and all formats as QEMU
/// makes them.
#[test]
fn every_image_format() {
    if missing(&["qemu-img", "bzip2", "tar"]) {
        return;
    }
    let source = scratch();
    let raw = source.path().join("disk.raw");
    fs::write(&raw, disk()).expect("raw");
    let formats: [(&str, &str, ImageFormat); 8] = [
        ("qcow2", "compat=0.10", ImageFormat::Qcow2),
        ("qcow2", "compat=1.1", ImageFormat::Qcow2),
        ("raw", "", ImageFormat::Raw),
        ("vpc", "subformat=dynamic,force_size=on", ImageFormat::VhdDynamic),
        ("vpc", "subformat=fixed,force_size=on", ImageFormat::VhdFixed),
        ("vhdx", "", ImageFormat::Vhdx),
        ("vmdk", "subformat=monolithicSparse", ImageFormat::VmdkSparse),
        ("vmdk", "subformat=streamOptimized", ImageFormat::VmdkStream),
    ];
    for (name, option, format) in formats {
        // The name says nothing.
        let image = source.path().join("image.txt");
        let options: &[&str] = if option.is_empty() { &[] } else { &["-o", option] };
        qemu_convert(&raw, &image, &[&["-f", "raw", "-O", name], options].concat());
        assert_eq!(stemcell::format_of(&image).expect(name), format, "{name} {option}");
        let packed = compress("bzip2", &image);
        let found = unpacked(stemcell::open(&packed).expect("open"), source.path()).expect(name);
        assert_eq!(found.format, format, "{name} {option}");
        assert!(fs::read(&found.image).expect("image") == fs::read(&image).expect("image"));
        fs::remove_file(packed).expect("remove");
    }
}

/// An OVA is a tar, and stays one; also when it is compressed, as in a vSphere stemcell.
#[test]
fn an_ova_stays_an_ova() {
    if missing(&["tar", "gzip"]) {
        return;
    }
    let source = scratch();
    fs::write(source.path().join("image.ovf"), "<Envelope/>").expect("ovf");
    fs::write(source.path().join("image-disk1.vmdk"), b"KDMV\x03\0\0\0\0\0\x01\0").expect("vmdk");
    let at = text(source.path());
    let ova = source.path().join("image");
    run("tar", &["-cf", text(&ova), "-C", at, "image.ovf", "image-disk1.vmdk"]);
    assert_eq!(stemcell::format_of(&ova).expect("ova"), ImageFormat::Ova);
    let packed = compress("gzip", &ova);
    let found = unpacked(stemcell::open(&packed).expect("open"), source.path()).expect("ova");
    assert_eq!(found.format, ImageFormat::Ova);
    assert!(fs::read(&found.image).expect("image") == fs::read(&ova).expect("ova"));
}

/// What is no image is named.
#[test]
fn what_is_no_image_is_named() {
    let target = scratch();
    let cases: [(&[u8], &str); 6] = [
        (b"", "an empty file"),
        (b"<html>Please log in</html>", "login page"),
        (b"PK\x03\x04....", "zip"),
        (&[0; 100_000], "nothing but zeros"),
        (b"QFI\xfb\0\0\0\x09", "something unknown that starts with 51 46"),
        (b"hello", "68 65 6c 6c 6f"),
    ];
    for (bytes, told) in cases {
        let error = unpacked(bytes, target.path()).expect_err("no image");
        assert!(matches!(error, StemcellError::NotAnImage { .. }), "{error:?}");
        assert!(error.to_string().contains(told), "{error}");
    }
    assert_eq!(entries(target.path()), 0);
}

/// An archive whose image is none, one without, and one that ends in the middle of it.
#[test]
fn archives_with_something_else() {
    if missing(&["tar"]) {
        return;
    }
    let (source, target) = (scratch(), scratch());
    let at = text(source.path());
    let tar = source.path().join("some.tar");
    let told = |names: &[&str]| {
        run("tar", &[&["-cf", text(&tar), "-C", at], names].concat());
        let bytes = fs::read(&tar).expect("tar");
        unpacked(&bytes[..], target.path())
    };
    fs::write(source.path().join("root.img"), "no image").expect("write");
    let error = told(&["root.img"]).expect_err("no image");
    assert!(error.to_string().contains("root.img is something unknown"), "{error}");
    fs::write(source.path().join("notes"), "no image either").expect("write");
    let error = told(&["notes"]).expect_err("no image");
    assert!(error.to_string().contains("notes is"), "{error}");
    fs::write(source.path().join("root.img"), disk()).expect("write");
    told(&["notes", "root.img"]).expect("an image after something else");
    let bytes = fs::read(&tar).expect("tar");
    let error = unpacked(&bytes[..500_000], target.path()).expect_err("truncated");
    assert!(matches!(error, StemcellError::Truncated { .. }), "{error:?}");
    assert_eq!(entries(target.path()), 0);
}

/// A few KiB that would fill any disk are stopped at the limit, also when they are no image.
#[test]
fn a_bomb_is_stopped() {
    let target = scratch();
    let mut disk = disk();
    disk.resize(6 << 20, 0);
    let mut zeros = vec![0; 6 << 20];
    zeros[0] = 1;
    for content in [disk, zeros] {
        let mut packed = Vec::new();
        let mut encoder = flate2::write::GzEncoder::new(&mut packed, flate2::Compression::fast());
        std::io::copy(&mut &content[..], &mut encoder).expect("packed");
        encoder.finish().expect("packed");
        let options = UnpackOptions { limit: 2 << 20, ..UnpackOptions::default() };
        let error = unpack(&packed[..], target.path(), &options, &mut |_| ()).expect_err("a bomb");
        assert!(
            matches!(error, StemcellError::TooLarge { limit } if limit == 2 << 20),
            "{error:?}"
        );
    }
    assert_eq!(entries(target.path()), 0);
}

/// Wrapping without end.
#[test]
fn too_many_layers_are_refused() {
    let target = scratch();
    let mut bytes = disk();
    for _ in 0..9 {
        let mut packed = Vec::new();
        let mut encoder = flate2::write::GzEncoder::new(&mut packed, flate2::Compression::fast());
        std::io::copy(&mut &bytes[..], &mut encoder).expect("packed");
        encoder.finish().expect("packed");
        bytes = packed;
    }
    let error = unpacked(&bytes[..], target.path()).expect_err("too deep");
    assert!(matches!(error, StemcellError::TooDeep(_)), "{error:?}");
}

/// A source that fails is not mistaken for a damaged archive, and a directory that is not there
/// is named.
#[test]
fn failures_of_the_system_are_told_as_such() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::from_raw_os_error(5))
        }
    }
    let target = scratch();
    let error = unpacked(Broken, target.path()).expect_err("broken");
    assert!(matches!(error, StemcellError::Source(_)), "{error:?}");
    let head = &b"\x1f\x8b\x08\0\0\0\0\0\0\0"[..];
    let error = unpacked(head.chain(Broken), target.path()).expect_err("broken");
    assert!(matches!(error, StemcellError::Source(_)), "{error:?}");
    let error = unpacked(&disk()[..], Path::new("/not/there")).expect_err("no directory");
    assert!(error.to_string().contains("/not/there"), "{error}");
}

/// Checksums as BOSH writes them, and nothing else.
#[test]
fn checksums_are_read_in_all_spellings() {
    let (short, long) = ("Ab".repeat(20), "0f".repeat(32));
    assert_eq!(short.parse::<Checksum>().ok(), Some(Checksum::Sha1("ab".repeat(20))));
    assert_eq!(
        format!("sha256:{long}").parse::<Checksum>().ok(),
        Some(Checksum::Sha256(long.clone()))
    );
    for wrong in ["", "sha1:", &format!("sha1:{long}"), &"zz".repeat(20), "md5:00"] {
        let error = wrong.parse::<Checksum>().expect_err("no checksum");
        assert!(matches!(error, StemcellError::NotAChecksum(_)));
    }
}
