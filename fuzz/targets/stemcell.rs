//! Any bytes as a stemcell, in whatever wrapping: what comes out is within the limit, and nothing is
//! left behind.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stemcell::{StemcellError, UnpackOptions, unpack};

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir_in("/dev/shm").expect("a directory in memory");
    let options = UnpackOptions { limit: 1 << 20, expected: None };
    match unpack(bytes, folder.path(), &options, &mut |_| ()) {
        Ok(unpacked) => assert!(unpacked.size <= options.limit),
        Err(StemcellError::File { .. } | StemcellError::Source(_)) => {
            panic!("the disk and the source are sound")
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    let left = folder.path().read_dir().expect("a directory").count();
    assert_eq!(left, 0, "nothing is left");
});
