//! An image in another format, for a hypervisor that does not take the one it has.

use crate::disk::{self, Access, Disk, DynamicWriter, Piece, Scan, StreamWriter};
use crate::error::StemcellError;
use crate::format::ImageFormat;
use crate::output::{Output, Readers};
use crate::ova;
use crate::sparse::is_zero;
use std::fs::File;
use std::io::{self, BufWriter};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// The formats that can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// qcow2 version 3, not compressed.
    Qcow2,
    /// The bytes of the disk, with holes where there are zeros.
    Raw,
    /// VHD that grows, as XenServer takes it.
    VhdDynamic,
    /// VHD of a fixed size, with holes where there are zeros.
    VhdFixed,
    /// VMDK in one compressed file, which is read from front to back.
    VmdkStream,
    /// Such a VMDK with a descriptor of a machine, as VMware takes it.
    Ova,
}

impl Target {
    /// The format that comes out.
    pub fn format(self) -> ImageFormat {
        match self {
            Self::Qcow2 => ImageFormat::Qcow2,
            Self::Raw => ImageFormat::Raw,
            Self::VhdDynamic => ImageFormat::VhdDynamic,
            Self::VhdFixed => ImageFormat::VhdFixed,
            Self::VmdkStream => ImageFormat::VmdkStream,
            Self::Ova => ImageFormat::Ova,
        }
    }
}

/// Writes the disk in the image `from` to a new file `to`, which appears once it is whole.
/// `progress` is called with how many bytes of the disk are done.
///
/// # Errors
/// `Unsupported` with the reason where `from` cannot be read, or its size does not fit the
/// format; `Damaged` or `TooLarge` where it holds more data than it can or may; `File` where `to`
/// exists already. Nothing is left of `to` then.
pub fn convert(
    from: &Path,
    to: &Path,
    target: Target,
    progress: &mut dyn FnMut(u64),
) -> Result<(), StemcellError> {
    let mut disk = Disk::open(from, Access::ReadOnly)?;
    let vhd = matches!(target, Target::VhdDynamic | Target::VhdFixed);
    if vhd && (disk.size() > disk::VHD_LARGEST || !disk.size().is_multiple_of(512)) {
        return Err(StemcellError::unsupported(
            format!("a disk of {} bytes", disk.size()),
            "a VHD has whole sectors and at most 2040 GiB",
        ));
    }
    let vmdk = matches!(target, Target::VmdkStream | Target::Ova);
    if vmdk && (disk.size() > LARGEST_VMDK || !disk.size().is_multiple_of(512)) {
        return Err(StemcellError::unsupported(
            format!("a disk of {} bytes", disk.size()),
            "a VMDK has whole sectors and at most 62 TiB",
        ));
    }
    let mut output = Output::create(to, Readers::Umask)?;
    match target {
        Target::Ova => {
            let mut part = Output::create(&to.with_added_extension("vmdk"), Readers::Owner)?;
            fill(&mut disk, from, &mut part, to, Target::VmdkStream, progress)?;
            ova::write(output.file(), part.file(), disk.size()).map_err(no_room(to, 0))?;
        }
        _ => fill(&mut disk, from, &mut output, to, target, progress)?,
    }
    output.publish()
}

/// VMware's limit of a disk.
const LARGEST_VMDK: u64 = 62 << 40;

/// Writes the disk into a file; `to` is its name for errors.
fn fill(
    disk: &mut Disk,
    from: &Path,
    output: &mut Output,
    to: &Path,
    target: Target,
    progress: &mut dyn FnMut(u64),
) -> Result<(), StemcellError> {
    let size = disk.size();
    let writer = output.file().try_clone().and_then(|file| {
        let path = output.path().to_owned();
        Writer::new(file, &path, size, target)
    });
    let mut writer = writer.map_err(no_room(to, 0))?;
    let mut scan = Scan::new(disk, from);
    loop {
        let at = scan.position();
        match scan.next()? {
            None => break,
            Some(Piece::Zeros(_)) => {}
            Some(Piece::Data(piece)) => writer.write(piece, at).map_err(no_room(to, at))?,
        }
        progress(scan.position());
    }
    writer.finish().map_err(no_room(to, size))
}

fn no_room(to: &Path, written: u64) -> impl FnOnce(io::Error) -> StemcellError {
    move |error| match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            StemcellError::NoRoom { directory: to.parent().unwrap_or(to).to_owned(), written }
        }
        _ => StemcellError::file("write", to)(error),
    }
}

enum Writer {
    Qcow2(disk::Qcow2Writer),
    Flat { file: File, footer: Option<Box<[u8; 512]>>, size: u64 },
    Dynamic(DynamicWriter),
    Stream(Box<StreamWriter<BufWriter<File>>>),
}

impl Writer {
    fn new(file: File, to: &Path, size: u64, target: Target) -> io::Result<Self> {
        let id = || uuid::Uuid::new_v4().into_bytes();
        Ok(match target {
            Target::Qcow2 => Self::Qcow2(disk::create_qcow2(to, size)?),
            Target::Raw => Self::Flat { file, footer: None, size },
            Target::VhdFixed => {
                Self::Flat { file, footer: Some(Box::new(disk::fixed_footer(size, id()))), size }
            }
            Target::VmdkStream | Target::Ova => {
                let id = uuid::Uuid::new_v4().as_fields().0;
                Self::Stream(Box::new(StreamWriter::new(BufWriter::new(file), size, id)?))
            }
            Target::VhdDynamic => Self::Dynamic(DynamicWriter::new(file, size, id())),
        })
    }

    /// Writes the parts of a piece that are not zeros.
    fn write(&mut self, piece: &[u8], offset: u64) -> io::Result<()> {
        const GRAIN: usize = 64 << 10;
        for (index, grain) in piece.chunks(GRAIN).enumerate() {
            let at = offset + (index * GRAIN) as u64;
            if is_zero(grain) {
                continue;
            }
            match self {
                Self::Qcow2(writer) => writer.write_at(grain, at)?,
                Self::Flat { file, .. } => file.write_all_at(grain, at)?,
                Self::Dynamic(writer) => writer.write_at(grain, at)?,
                Self::Stream(writer) => writer.write_at(grain, at)?,
            }
        }
        Ok(())
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Qcow2(writer) => writer.finish(),
            Self::Dynamic(writer) => writer.finish(),
            Self::Stream(writer) => writer.finish().map(drop),
            Self::Flat { file, footer, size } => {
                file.set_len(size)?;
                if let Some(footer) = footer {
                    file.write_all_at(footer.as_slice(), size)?;
                }
                file.sync_all()
            }
        }
    }
}
