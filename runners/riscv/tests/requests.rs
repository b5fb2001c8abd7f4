//! The requests of the harness, as bodies of frames.

mod common;

use common::make;
use riscv_generator::generate::Kind;
use riscv_generator::service::answer;
use rvref::Xlen;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

#[derive(Serialize)]
struct Generate<'a> {
    id: u64,
    generator: &'a str,
    xlen: u32,
    seed: u64,
    first: u64,
    count: u32,
}

#[derive(Deserialize)]
struct Generated {
    id: u64,
    programs: Vec<ByteBuf>,
}

#[derive(Serialize)]
struct Describe<'a> {
    id: u64,
    generator: &'a str,
    xlen: u32,
    seed: u64,
    index: u64,
}

#[derive(Deserialize)]
struct Described {
    program: ByteBuf,
}

#[derive(Serialize)]
struct LayOut {
    id: u64,
    programs: Vec<ByteBuf>,
}

#[derive(Deserialize)]
struct LaidOut {
    id: u64,
    layouts: Vec<OneLayout>,
}

#[derive(Deserialize)]
struct OneLayout {
    elf: ByteBuf,
    error: String,
    text_base: u64,
    dump: u64,
    instructions: u32,
    places: Vec<(u32, u32, u64, u32)>,
    listing: String,
}

fn ask<R: for<'a> Deserialize<'a>>(kind: u8, request: &impl Serialize) -> Result<R, String> {
    let (answered, body) = answer(kind, &rmp_serde::to_vec_named(request).unwrap())?;
    assert_eq!(answered, kind + 1);
    Ok(rmp_serde::from_slice(&body).unwrap())
}

#[test]
fn programs_are_generated_described_and_laid_out() {
    for kind in Kind::ALL {
        let generator = kind.name();
        let request = Generate { id: 7, generator, xlen: 64, seed: 5, first: 3, count: 4 };
        let generated: Generated = ask(20, &request).unwrap();
        assert_eq!((generated.id, generated.programs.len()), (7, 4));
        let described: Described =
            ask(22, &Describe { id: 8, generator, xlen: 64, seed: 5, index: 4 }).unwrap();
        let programs = vec![described.program, ByteBuf::from(*b"{}")];
        let laid_out: LaidOut = ask(24, &LayOut { id: 9, programs }).unwrap();
        let [good, bad] = &laid_out.layouts[..] else { panic!() };
        assert_eq!((laid_out.id, &good.elf, good.error.as_str()), (9, &generated.programs[1], ""));
        assert!(bad.elf.is_empty() && !bad.error.is_empty());
        let made = make(kind, Xlen::Rv64, 5, 4);
        assert_eq!((good.text_base, good.dump), (made.layout.text_base, made.layout.dump));
        assert_eq!(
            (good.instructions, good.places.len()),
            (made.layout.instructions, made.layout.places.len())
        );
        assert!(good.listing.contains("ecall"));
    }
}

#[test]
fn unfit_requests_are_failures() {
    let request = |generator, xlen, count| Generate { id: 1, generator, xlen, seed: 0, first: 0, count };
    assert!(ask::<Generated>(20, &request("riscy", 64, 1)).is_err());
    assert!(ask::<Generated>(20, &request("riscv", 16, 1)).is_err());
    assert!(ask::<Generated>(20, &request("riscv", 64, u32::MAX)).is_err());
    assert!(ask::<Generated>(26, &request("riscv", 64, 1)).is_err());
    assert!(answer(20, b"").is_err() && answer(24, b"\xff\x01").is_err());
}
