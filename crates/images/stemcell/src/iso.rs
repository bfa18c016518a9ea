//! A small ISO 9660 image with Rock Ridge names, which Linux and libarchive read; after ECMA-119
//! and IEEE P1282. Only what a config drive needs: files in memory, few of them.

use std::collections::BTreeMap;
use std::io::{self, Write};

const SECTOR: usize = 2048;
/// The first 16 sectors are the system area; then come the descriptor and its terminator.
const FIRST: usize = 18;
/// 1980-01-01 00:00:00 UTC: always the same, so that the image is.
const RECORDED: [u8; 7] = [80, 1, 1, 0, 0, 0, 0];

/// One directory; the root is the first.
struct Directory {
    parent: usize,
    name: String,
    children: Vec<Child>,
    extent: usize,
}

struct Child {
    name: String,
    node: Node,
}

enum Node {
    Directory(usize),
    File { extent: usize, size: usize },
}

/// Writes an image with this label and these files; paths are relative, with `/`.
pub(crate) fn write(
    label: &str,
    files: &BTreeMap<String, Vec<u8>>,
    mut output: impl Write,
) -> io::Result<()> {
    let mut tree = plant(files);
    let tables = FIRST;
    let table_size: usize = tree.iter().map(|d| table_record(d, false).len()).sum();
    let table_sectors = sectors(table_size);
    let mut next = tables + 2 * table_sectors;
    for index in 0..tree.len() {
        tree[index].extent = next;
        next += sectors(listing(&tree, index).len());
    }
    for directory in &mut tree {
        for child in &mut directory.children {
            if let Node::File { extent, size } = &mut child.node {
                *extent = next;
                next += sectors(*size);
            }
        }
    }
    output.write_all(&[0; 16 * SECTOR])?;
    let place = Tables { start: tables, size: table_size, sectors: table_sectors };
    put(&mut output, &descriptor(label, next, &place, &tree))?;
    put(&mut output, b"\xffCD001\x01")?;
    for big_endian in [false, true] {
        let records = tree.iter().flat_map(|d| table_record(d, big_endian));
        put(&mut output, &records.collect::<Vec<u8>>())?;
    }
    for index in 0..tree.len() {
        put(&mut output, &listing(&tree, index))?;
    }
    for (directory, child) in tree.iter().flat_map(|d| d.children.iter().map(move |c| (d, c))) {
        if let Node::File { .. } = child.node {
            put(&mut output, &files[&path_of(&tree, directory, &child.name)])?;
        }
    }
    output.flush()
}

/// Directories in the order of a path table: by depth, then by parent, then by name.
fn plant(files: &BTreeMap<String, Vec<u8>>) -> Vec<Directory> {
    let new = |parent, name: &str| Directory {
        parent,
        name: name.to_owned(),
        children: Vec::new(),
        extent: 0,
    };
    let mut tree = vec![new(0, "")];
    let mut paths = vec![String::new()];
    let mut at = 0;
    while at < tree.len() {
        let prefix = paths[at].clone();
        let mut names: Vec<(String, Option<usize>)> = Vec::new();
        for (path, content) in files {
            let Some(rest) = path.strip_prefix(&prefix) else {
                continue;
            };
            let entry = match rest.split_once('/') {
                Some((directory, _)) => (directory.to_owned(), None),
                None => (rest.to_owned(), Some(content.len())),
            };
            if !names.contains(&entry) {
                names.push(entry);
            }
        }
        names.sort_by_key(|(name, _)| identifier(name));
        for (name, size) in names {
            let node = match size {
                Some(size) => Node::File { extent: 0, size },
                None => {
                    tree.push(new(at, &name));
                    paths.push(format!("{prefix}{name}/"));
                    Node::Directory(tree.len() - 1)
                }
            };
            tree[at].children.push(Child { name, node });
        }
        at += 1;
    }
    tree
}

fn path_of(tree: &[Directory], directory: &Directory, name: &str) -> String {
    let mut path = name.to_owned();
    let mut at = directory;
    while !at.name.is_empty() {
        path = format!("{}/{path}", at.name);
        at = &tree[at.parent];
    }
    path
}

fn sectors(bytes: usize) -> usize {
    bytes.div_ceil(SECTOR)
}

fn put(output: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    output.write_all(bytes)?;
    let rest = sectors(bytes.len()) * SECTOR - bytes.len();
    output.write_all(&vec![0; rest])
}

/// A name in the characters of the standard; readers see the Rock Ridge name.
fn identifier(name: &str) -> Vec<u8> {
    let upper = name.bytes().map(|byte| match byte.to_ascii_uppercase() {
        byte @ (b'A'..=b'Z' | b'0'..=b'9' | b'.') => byte,
        _ => b'_',
    });
    upper.take(28).collect()
}

/// A number as both-endian, as the standard wants most of them.
fn both32(number: usize) -> Vec<u8> {
    let number = number as u32;
    [number.to_le_bytes(), number.to_be_bytes()].concat()
}

fn both16(number: usize) -> Vec<u8> {
    let number = number as u16;
    [number.to_le_bytes(), number.to_be_bytes()].concat()
}

fn table_record(directory: &Directory, big_endian: bool) -> Vec<u8> {
    let name = match directory.name.as_str() {
        "" => vec![0],
        name => identifier(name),
    };
    let (extent, parent) = (directory.extent as u32, directory.parent as u16 + 1);
    let mut record = vec![name.len() as u8, 0];
    record.extend(if big_endian { extent.to_be_bytes() } else { extent.to_le_bytes() });
    record.extend(if big_endian { parent.to_be_bytes() } else { parent.to_le_bytes() });
    record.extend(&name);
    record.resize(record.len().next_multiple_of(2), 0);
    record
}

/// The records of a directory: itself, its parent, its children; none crosses a sector.
fn listing(tree: &[Directory], index: usize) -> Vec<u8> {
    let directory = &tree[index];
    let parent = &tree[directory.parent];
    let mut system = Vec::new();
    if index == 0 {
        // Says that Rock Ridge is in use, and which.
        system.extend(*b"SP\x07\x01\xbe\xef\x00");
        system.extend(*b"ER\x12\x01\x0a\x00\x00\x01RRIP_1991A");
    }
    system.extend(posix(true));
    let mut records = vec![
        record(&[0], directory.extent, directory_size(tree, index), true, &system),
        record(&[1], parent.extent, directory_size(tree, directory.parent), true, &posix(true)),
    ];
    for child in &directory.children {
        let mut system = posix(matches!(child.node, Node::Directory(_)));
        system.extend([b'N', b'M', 5 + child.name.len() as u8, 1, 0]);
        system.extend(child.name.bytes());
        records.push(match child.node {
            Node::Directory(at) => record(
                &identifier(&child.name),
                tree[at].extent,
                directory_size(tree, at),
                true,
                &system,
            ),
            Node::File { extent, size } => {
                let name = [&identifier(&child.name)[..], b";1"].concat();
                record(&name, extent, size, false, &system)
            }
        });
    }
    let mut bytes = Vec::new();
    for record in records {
        if bytes.len() % SECTOR + record.len() > SECTOR {
            bytes.resize(sectors(bytes.len()) * SECTOR, 0);
        }
        bytes.extend(record);
    }
    bytes.resize(sectors(bytes.len()) * SECTOR, 0);
    bytes
}

/// The size of a listing, without the sizes that are in it: the lengths of records do not
/// depend on their numbers.
fn directory_size(tree: &[Directory], index: usize) -> usize {
    let own = if index == 0 { 7 + 18 } else { 0 };
    let mut length: usize = 0;
    let mut add = |record: usize| {
        if length % SECTOR + record > SECTOR {
            length = sectors(length) * SECTOR;
        }
        length += record;
    };
    add(record_size(1, 36 + own));
    add(record_size(1, 36));
    for child in &tree[index].children {
        let version = matches!(child.node, Node::File { .. }) as usize * 2;
        let name = identifier(&child.name).len() + version;
        add(record_size(name, 36 + 5 + child.name.len()));
    }
    sectors(length) * SECTOR
}

fn record_size(name: usize, system: usize) -> usize {
    ((33 + name).next_multiple_of(2) + system).next_multiple_of(2)
}

fn record(name: &[u8], extent: usize, size: usize, directory: bool, system: &[u8]) -> Vec<u8> {
    let length = record_size(name.len(), system.len());
    let mut bytes = vec![length as u8, 0];
    bytes.extend(both32(extent));
    bytes.extend(both32(size));
    bytes.extend(RECORDED);
    bytes.extend([if directory { 2 } else { 0 }, 0, 0]);
    bytes.extend(both16(1));
    bytes.push(name.len() as u8);
    bytes.extend(name);
    bytes.resize(bytes.len().next_multiple_of(2), 0);
    bytes.extend(system);
    bytes.resize(length, 0);
    bytes
}

/// Rock Ridge's mode, links, owner and group: readable by all, root's.
fn posix(directory: bool) -> Vec<u8> {
    let (mode, links) = if directory { (0o040_555, 2) } else { (0o100_444, 1) };
    let mut field = b"PX\x24\x01".to_vec();
    for number in [mode, links, 0, 0] {
        field.extend(both32(number));
    }
    field
}

/// Where the path tables are.
struct Tables {
    start: usize,
    size: usize,
    sectors: usize,
}

/// The primary volume descriptor.
fn descriptor(label: &str, total: usize, tables: &Tables, tree: &[Directory]) -> Vec<u8> {
    let mut bytes = vec![0; SECTOR];
    let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
    put(0, b"\x01CD001\x01");
    put(8, &[b' '; 32]);
    put(40, format!("{label:<32}").as_bytes());
    put(80, &both32(total));
    put(120, &both16(1));
    put(124, &both16(1));
    put(128, &both16(SECTOR));
    put(132, &both32(tables.size));
    put(140, &(tables.start as u32).to_le_bytes());
    put(148, &((tables.start + tables.sectors) as u32).to_be_bytes());
    let root = record(&[0], tree[0].extent, directory_size(tree, 0), true, &[]);
    put(156, &root);
    // Names of volume set, publisher, preparer, application and three files: none.
    put(190, &[b' '; 623]);
    for at in [813, 830, 847, 864] {
        // No time: sixteen zeros as digits, and an offset of 0.
        put(at, b"0000000000000000\0");
    }
    put(881, &[1]);
    bytes
}
