//! Makes a model of the tagger.
//!
//! usage: train_tagger [--classes MODEL] CORPORA OUT                          writes the model OUT
//!        train_tagger [--classes MODEL] --cross-validate CORPORA [DEV]       measures by source, and on DEV, a folder like norne/train
//!
//! CORPORA holds `norne/train/{nb,nn}/*.conll` and `norec.txt.xz`. With `--classes`, word classes are taken from a model rather than learnt.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use spalte::{Tagger, train};

fn main() -> Result<(), Box<dyn Error>> {
    let (mut classes, mut validate, mut paths) = (None, false, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--classes" => classes = Some(Tagger::from_path(arguments.next().ok_or("--classes wants a model")?)?),
            "--cross-validate" => validate = true,
            _ => paths.push(argument),
        }
    }
    let start = Instant::now();
    let log = |line: &str| eprintln!("{:6.1} s  {line}", start.elapsed().as_secs_f32());
    match paths.iter().map(Path::new).collect::<Vec<_>>()[..] {
        [corpora, out] if !validate => std::fs::write(out, train::train(corpora, classes.as_ref(), &log)?)?,
        [corpora, ref development @ ..] if validate && development.len() < 2 => {
            let classes = classes.ok_or("--cross-validate wants --classes")?;
            print!("{}", train::cross_validate(corpora, &classes, development.first().copied(), &log)?);
        }
        _ => return Err("usage: train_tagger [--classes MODEL] [--cross-validate] CORPORA [OUT or DEV]".into()),
    }
    Ok(())
}
