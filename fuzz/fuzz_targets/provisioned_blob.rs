//! Blobs of provisioned keys: refused, or written again as they were; and a key is taken only with the
//! table of its point. The same bytes go in once as they are, and once as keys behind a good head.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_core::provisioned::{
    Blob, BlobKey, Comb, GeneratorTable, JoseCurve, P256, P384, ProvisionedKey, table_bytes,
};
use tollgate_core::{Algorithm, SignatureVerifier};
use tollgate_tests::mint::crc32;

type Size = Comb<4, 1>;

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    if let Some((count, keys)) = bytes.split_first() {
        check(&with_head(*count, keys));
    }
});

fn check(bytes: &[u8]) {
    let Ok(blob) = Blob::parse(bytes) else { return };
    let keys: Vec<BlobKey<'_>> = blob.keys().collect();
    let mut written = vec![0xff; Blob::len_of(&keys)];
    assert_eq!(Blob::write(&keys, &mut written), Ok(bytes.len()));
    assert_eq!(written, bytes);
    for key in keys {
        match key.algorithm() {
            Algorithm::Es256 => take::<P256>(&key, 64),
            Algorithm::Es384 => take::<P384>(&key, 96),
        }
    }
}

fn take<C>(key: &BlobKey<'_>, signature_len: usize)
where
    C: JoseCurve + GeneratorTable<Comb<5, 2>>,
    for<'a> ProvisionedKey<C, Size, &'a [u8], Comb<5, 2>>: SignatureVerifier,
{
    let is_size = key.size() == (4, 1) && key.table().len() == table_bytes::<C, Size>();
    let trusted = key.trusted_key::<C, Size, Comb<5, 2>>();
    assert_eq!(trusted.is_ok(), is_size);
    if let Ok(trusted) = trusted {
        // Whatever the table is, verifying with it ends.
        let _ = trusted.verify(b"", &vec![1; signature_len]);
    }
    let point = key.public_key::<C>();
    let is_own = is_size
        && point.is_ok_and(|point| {
            let memory = vec![0; table_bytes::<C, Size>()];
            let built = ProvisionedKey::<C, Size, _, Comb<5, 2>>::build_in(&point, memory).unwrap();
            built.table() == key.table()
        });
    assert_eq!(key.key::<C, Size, Comb<5, 2>>().is_ok(), is_own);
}

/// A blob of these keys, its length and its checksum as they must be.
fn with_head(count: u8, keys: &[u8]) -> Vec<u8> {
    let length = u32::try_from(64 + keys.len()).unwrap();
    let body = [&[0; 44], keys].concat();
    let fields = [length.to_le_bytes(), crc32(&body).to_le_bytes()].concat();
    [b"TOLLGATE\x01\x00", &[count, 0][..], &fields, &body].concat()
}
