//! Any model of the tagger: it is refused with an error, or tags a text soundly. A wrong checksum is put right first, for all that follows
//! it would never be reached otherwise.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spalte::{Gazetteer, Pipeline, Tagger};

const TEXT: &str = "– Vi er klare, sier ordfører Kari Nordheim (Ap) til Havneposten. Nordheim bor i Bergen, på Ytre Sandøya. USA-avtalen \
                    og «Havet» er Oslo kommunes ansvar, ifølge NTB.";

fuzz_target!(|data: &[u8]| {
    let mut bytes = data.to_vec();
    let mut model = Tagger::from_bytes(bytes.clone());
    if let Err(error) = &model
        && let Some((_, is)) = error.to_string().split_once("checksum: expected ").and_then(|(_, sums)| sums.split_once(", found "))
        && let Ok(sum) = u64::from_str_radix(is, 16)
        && let Some(at) = bytes.get_mut(12..20)
    {
        at.copy_from_slice(&sum.to_le_bytes());
        model = Tagger::from_bytes(bytes);
    }
    if let Ok(tagger) = model {
        assert!(tagger.record().len() <= data.len());
        let names = Gazetteer::builder().name("Bergen", spalte::EntityKind::Gpe).build();
        Pipeline::builder().gazetteer(names).tagger(tagger).build().annotate(TEXT).check().expect("a sound document");
    }
});
