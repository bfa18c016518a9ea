//! Files that were made to hurt whoever reads them: refused with a reason, in bounded memory,
//! time and disk space.

use crate::common::{missing, qemu_convert, scratch, text};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use stemcell::{StemcellError, Target, UnpackOptions, convert, inspect, unpack};

fn unpacked(source: impl Read) -> StemcellError {
    let target = scratch();
    let outcome = unpack(source, target.path(), &UnpackOptions::default(), &mut |_| ());
    let error = outcome.expect_err("refused");
    assert_eq!(fs::read_dir(target.path()).expect("directory").count(), 0, "nothing is left");
    error
}

fn converted(image: &Path) -> StemcellError {
    let folder = image.parent().expect("a directory");
    let to = folder.join("converted");
    let error = convert(image, &to, Target::Raw, &mut |_| ()).expect_err("refused");
    assert!(!to.exists());
    let names = fs::read_dir(folder).expect("directory");
    let names = names.map(|entry| entry.expect("entry").file_name().into_string().expect("text"));
    assert!(names.into_iter().all(|name| !name.starts_with(".stemcell")), "nothing is left");
    error
}

/// How many bytes were read of what follows.
struct Counted<R> {
    source: R,
    read: u64,
}

impl<R: Read> Counted<R> {
    fn new(source: R) -> Self {
        Self { source, read: 0 }
    }
}

impl<R: Read> Read for &mut Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.read += count as u64;
        Ok(count)
    }
}

/// A tar header of that type and size.
fn header(kind: u8, size: u64) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_path("././@LongLink").expect("path");
    header.set_entry_type(tar::EntryType::new(kind));
    header.set_size(size);
    header.set_cksum();
    header.as_bytes().to_vec()
}

/// A name or attributes of gigabytes are not even read: long names and long links of GNU, and
/// pax records, which the tar crate would keep in memory.
#[test]
fn descriptions_of_gigabytes_are_refused() {
    for kind in *b"LKx" {
        let mut source =
            Counted::new(io::Cursor::new(header(kind, 8 << 30)).chain(io::repeat(b'a')));
        let error = unpacked(&mut source);
        assert!(error.to_string().contains("more than 1 MiB"), "{error}");
        assert!(source.read < 4 << 20, "{} bytes were read", source.read);
    }
}

/// An archive of descriptions only is as bounded as one that is long.
#[test]
fn descriptions_without_end_are_refused() {
    let one = [header(b'g', 512), vec![b'x'; 512]].concat();
    let many = one.repeat(3000);
    let error = unpacked(&many[..]);
    assert!(matches!(error, StemcellError::NotAnImage { .. }), "{error:?}");
}

/// An entry that says to be of exabytes.
#[test]
fn an_entry_beyond_the_limit_is_refused() {
    let mut entry = header(b'0', 1 << 60);
    entry.extend([0x55; 4096]);
    assert!(matches!(unpacked(&entry[..]), StemcellError::TooLarge { .. }));
}

/// What is no image is refused before the rest of it is read.
#[test]
fn other_files_are_refused_at_once() {
    let mut source = Counted::new(io::repeat(b'z'));
    assert!(matches!(unpacked(&mut source), StemcellError::NotAnImage { .. }));
    assert!(source.read < 4 << 20, "{} bytes were read", source.read);
}

/// A pipe would wait for its writer, and a device may never end.
#[test]
fn pipes_and_devices_are_refused() {
    let folder = scratch();
    let pipe = folder.path().join("pipe");
    crate::common::run("mkfifo", &[text(&pipe)]);
    for (path, kind) in [
        (pipe.as_path(), "pipe"),
        (Path::new("/dev/zero"), "character device"),
        (folder.path(), "directory"),
    ] {
        let named = |error: StemcellError| {
            assert!(matches!(error, StemcellError::NotAFile { .. }), "{error:?}");
            assert!(error.to_string().contains(kind), "{error}");
        };
        named(stemcell::open(path).expect_err("no file"));
        named(stemcell::format_of(path).expect_err("no file"));
        named(stemcell::disk_size(path).expect_err("no file"));
        let options = UnpackOptions::default();
        named(inspect(path, folder.path(), &options, &mut |_| ()).expect_err("no file"));
        let to = folder.path().join("to");
        named(convert(path, &to, Target::Raw, &mut |_| ()).expect_err("no file"));
        let own = stemcell::AgentSettings::CloudStack;
        named(stemcell::patch(path, &own).expect_err("no file"));
    }
}

/// Writes a big-endian number into a file.
fn put(file: &File, at: u64, value: u64) {
    file.write_all_at(&value.to_be_bytes(), at).expect("written");
}

/// A qcow2 of some KiB with a disk of a TiB, every cluster of which is the same one.
#[test]
fn a_qcow2_of_one_cluster_everywhere_is_refused() {
    if missing(&["qemu-img"]) {
        return;
    }
    for options in [&[][..], &["-c"]] {
        let folder = scratch();
        let (raw, image) = (folder.path().join("raw"), folder.path().join("image"));
        fs::write(&raw, vec![0x5a; 64 << 10]).expect("raw");
        qemu_convert(&raw, &image, &[&["-f", "raw", "-O", "qcow2"], options].concat());
        let file = File::options().read(true).write(true).open(&image).expect("image");
        let word = |at: u64| {
            let mut bytes = [0; 8];
            file.read_exact_at(&mut bytes, at).expect("read");
            u64::from_be_bytes(bytes)
        };
        let table = word(word(40)) & 0x00ff_ffff_ffff_fe00;
        let cluster = word(table);
        for entry in 0..8192 {
            put(&file, table + entry * 8, cluster);
        }
        // An L1 table of its own at the end of the file, for 1 TiB.
        let end = file.metadata().expect("metadata").len().next_multiple_of(64 << 10);
        for entry in 0..2048 {
            put(&file, end + entry * 8, table | 1 << 63);
        }
        file.set_len(end + (64 << 10)).expect("length");
        put(&file, 24, 1 << 40);
        file.write_all_at(&2048_u32.to_be_bytes(), 36).expect("L1 size");
        put(&file, 40, end);
        drop(file);
        let error = converted(&image);
        assert!(error.to_string().contains("share one cluster"), "{error}");
    }
}

/// A disk that no hypervisor gives to a VM.
#[test]
fn a_qcow2_of_exabytes_is_refused() {
    if missing(&["qemu-img"]) {
        return;
    }
    let folder = scratch();
    let image = folder.path().join("image");
    crate::common::run("qemu-img", &["create", "-q", "-f", "qcow2", text(&image), "1M"]);
    for size in [1_u64 << 63, (1 << 63) - 512, u64::MAX, 65 << 40] {
        let file = File::options().write(true).open(&image).expect("image");
        put(&file, 24, size);
        let error = converted(&image).to_string();
        assert!(error.contains("64 TiB") || error.contains("damaged"), "{size}: {error}");
    }
}

/// A VHD whose blocks are all the same one.
#[test]
fn a_vhd_of_one_block_everywhere_is_refused() {
    let folder = scratch();
    let (raw, image) = (folder.path().join("raw"), folder.path().join("image"));
    let mut disk = vec![0x5a; 8 << 20];
    disk[510..512].copy_from_slice(&[0x55, 0xaa]);
    fs::write(&raw, disk).expect("raw");
    convert(&raw, &image, Target::VhdDynamic, &mut |_| ()).expect("converted");
    let file = File::options().read(true).write(true).open(&image).expect("image");
    let mut first = [0; 4];
    file.read_exact_at(&mut first, 1536).expect("read");
    file.write_all_at(&first, 1540).expect("written");
    let error = converted(&image);
    assert!(error.to_string().contains("overlap"), "{error}");
}

/// A stream-optimised VMDK whose grains are all the same one, or that leads to another file.
#[test]
fn a_vmdk_of_one_grain_everywhere_is_refused() {
    let folder = scratch();
    let (raw, image) = (folder.path().join("raw"), folder.path().join("image"));
    let mut disk = vec![0x5a; 1 << 20];
    disk[510..512].copy_from_slice(&[0x55, 0xaa]);
    fs::write(&raw, disk).expect("raw");
    convert(&raw, &image, Target::VmdkStream, &mut |_| ()).expect("converted");
    let good = fs::read(&image).expect("image");
    let first = 128_u32.to_le_bytes();
    let table = good.chunks(512).position(|sector| sector.starts_with(&first));
    let table = table.expect("the grain table") * 512;
    let mut bad = good.clone();
    bad[table + 4..table + 8].copy_from_slice(&first);
    fs::write(&image, bad).expect("written");
    let error = converted(&image);
    assert!(error.to_string().contains("not in the place"), "{error}");

    let mut bad = good.clone();
    let parent = good.windows(8).position(|word| word == b"ffffffff").expect("the parent");
    bad[parent] = b'0';
    fs::write(&image, bad).expect("written");
    let error = converted(&image);
    assert!(error.to_string().contains("differences"), "{error}");
}

/// A file of 4 TiB that takes no room is converted without reading its holes.
#[test]
fn holes_are_not_read() {
    let folder = scratch();
    let (raw, image) = (folder.path().join("raw"), folder.path().join("image"));
    let mut file = File::create(&raw).expect("create");
    let mut sector = [0; 512];
    sector[510..].copy_from_slice(&[0x55, 0xaa]);
    file.write_all(&sector).expect("written");
    if file.set_len(1 << 42).is_err() {
        eprintln!("skipped: the filesystem takes no file of 4 TiB");
        return;
    }
    let begun = std::time::Instant::now();
    convert(&raw, &image, Target::Qcow2, &mut |_| ()).expect("converted");
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}

/// Some hundred images of the formats with a few bytes changed, mostly where their tables are: no
/// panic, no output that is half an image, no disk that is filled. (The fuzz targets go further.)
#[test]
fn changed_bytes_are_survived() {
    if missing(&["qemu-img"]) {
        return;
    }
    let folder = scratch();
    let raw = folder.path().join("raw");
    let mut disk = vec![0; 300 << 10];
    disk[510..512].copy_from_slice(&[0x55, 0xaa]);
    for (at, byte) in disk.iter_mut().enumerate().skip(70_000).take(90_000) {
        *byte = (at * 31 % 251) as u8;
    }
    fs::write(&raw, disk).expect("raw");
    let formats: [&[&str]; 7] = [
        &["qcow2", "-o", "cluster_size=512"],
        &["qcow2", "-c", "-o", "compat=0.10"],
        &["vpc", "-o", "subformat=dynamic,force_size=on"],
        &["vpc", "-o", "subformat=fixed,force_size=on"],
        &["vhdx"],
        &["vmdk", "-o", "subformat=monolithicSparse"],
        &["vmdk", "-o", "subformat=streamOptimized"],
    ];
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below as u64) as usize
    };
    for options in formats {
        let good = folder.path().join("good");
        qemu_convert(&raw, &good, &[&["-f", "raw", "-O"], options].concat());
        let good = fs::read(&good).expect("image");
        // Where something other than zeros is: headers, tables, markers, and some data.
        let used: Vec<usize> = (0..good.len()).filter(|at| good[*at] != 0).collect();
        let image = folder.path().join("image");
        for round in 0..100 {
            let mut bytes = good.clone();
            for _ in 0..=next(4) {
                let near =
                    used[next(used.len().min(if round % 2 == 0 { 600 } else { usize::MAX }))];
                let at = (near + next(8)).min(bytes.len() - 1);
                bytes[at] = [0, 1, 0x7f, 0x80, 0xff, next(256) as u8][next(6)];
            }
            fs::write(&image, bytes).expect("written");
            let to = folder.path().join("to");
            match convert(&image, &to, Target::Raw, &mut |_| ()) {
                Ok(()) => fs::remove_file(&to).expect("it is there"),
                Err(_) => assert!(!to.exists(), "{options:?}"),
            }
            let _ = stemcell::patch(&image, &stemcell::AgentSettings::CloudStack);
        }
    }
}
