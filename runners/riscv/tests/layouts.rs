//! Programs written by hand or taken apart: what the layout makes of them.

mod common;

use common::{count, make, patched, run, STEPS, WIDTHS};
use riscv_generator::encode::encode;
use riscv_generator::generate::Kind;
use riscv_generator::ir::{Op, Program};
use riscv_generator::layout;
use riscv_generator::layout::Layout;
use riscv_generator::listing::listing;
use riscv_generator::prerun;
use riscv_generator::random::Random;
use rvref::{Instruction, Op as Opcode, Stop, Xlen};

/// A program with these ops in a block each.
fn program(xlen: u32, ops: &str) -> Program {
    let registers: String = (1..30).map(|r| format!("\"{r}\":\"0x{:x}\",", 0x1111_1111u64 * r)).collect();
    let json = format!(
        r#"{{"version":1,"xlen":{xlen},"text_base":"0x78000000","registers":{{{}}},
        "frame":{{"registers":[30,31],"address":"0x78200000"}},"blocks":[{ops}],
        "publish":{{"registers":{:?},"windows":[{{"address":"0x78300000","size":16}}]}}}}"#,
        registers.trim_end_matches(','),
        (1..30).collect::<Vec<_>>()
    );
    Program::from_json(json.as_bytes()).unwrap()
}

/// What the program publishes.
fn published(program: &Program) -> Vec<u8> {
    let ran = run(program, &layout(program).unwrap()).unwrap();
    assert_eq!(ran.stop, Stop::Halted(0));
    ran.published
}

/// The end's record as numbers, for programs of 64 bits.
fn registers(program: &Program) -> Vec<u64> {
    let bytes = published(program);
    let record = &bytes[bytes.len() - (29 * 8 + 16)..];
    record.chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().unwrap())).collect()
}

#[test]
fn a_checkpoint_leaves_all_registers_as_they_are() {
    for (xlen, record) in [(64, 29 * 8 + 16), (32, 29 * 4 + 16)] {
        let bytes = published(&program(xlen, r#"{"id":0,"ops":[{"op":"checkpoint"},{"op":"checkpoint"}]}"#));
        assert_eq!(bytes.len(), 3 * record);
        assert_eq!(bytes[..record], bytes[record..2 * record]);
        assert_eq!(bytes[..record], bytes[2 * record..]);
        let word = usize::try_from(xlen / 8).unwrap();
        assert_eq!(bytes[5 * word..6 * word], (6 * 0x1111_1111u64).to_le_bytes()[..word]);
    }
}

#[test]
fn constants_come_out_in_every_form() {
    let values = [
        "0x0",
        "0x7ff",
        "0x800",
        "0xfff",
        "0x7fffffff",
        "0x80000000",
        "0xffffffffffffffff",
        "0x7fffffffffffffff",
        "0x8000000000000000",
        "0x123456789abcdef0",
        "0xfffffffffffff800",
    ];
    for value in values {
        let blends = ["add", "sub", "xor"]
            .map(|with| format!(r#","blend":{{"via":3,"held":"0x33333333","with":"{with}"}}"#));
        let forms =
            [("build", ""), ("pool", "")].into_iter().chain(blends.iter().map(|b| ("pool", b.as_str())));
        for (form, blend) in forms {
            for rd in [2, 3] {
                let set = format!(
                    r#"{{"id":0,"ops":[{{"op":"set","rd":{rd},"to":{{"value":"{value}","form":"{form}"{blend}}}}}]}}"#
                );
                let wanted = u64::from_str_radix(&value[2..], 16).unwrap();
                assert_eq!(registers(&program(64, &set))[rd - 1], wanted, "{set}");
                let bytes = published(&program(32, &set));
                assert_eq!(bytes[4 * (rd - 1)..4 * rd], wanted.to_le_bytes()[..4], "{set}");
            }
        }
    }
}

#[test]
fn a_blend_costs_no_instruction() {
    let set = |blend: &str| {
        let ops = format!(
            r#"{{"id":0,"ops":[{{"op":"set","rd":2,"to":{{"value":"0x5","form":"pool"{blend}}}}}]}}"#
        );
        layout(&program(64, &ops)).unwrap().instructions
    };
    assert_eq!(set(""), set(r#","blend":{"via":3,"held":"0x1","with":"xor"}"#));
}

#[test]
fn jumps_of_every_form_arrive() {
    for jump in [
        r#"{"op":"jump","to":2}"#,
        r#"{"op":"jump","to":2,"rd":1,"form":"jal"}"#,
        r#"{"op":"jump","to":2,"form":"far","base":7}"#,
        r#"{"op":"jump","to":2,"rd":7,"form":"far","base":7}"#,
        r#"{"op":"jump","to":2,"form":"computed","base":7,"offset":-3,"odd":1}"#,
        r#"{"op":"jump","to":2,"rd":7,"form":"computed","base":7,"offset":2047}"#,
        r#"{"op":"jump","to":2,"form":"computed","base":0,"blend":{"via":3,"held":"0x33333333","with":"add"}}"#,
        r#"{"op":"switch","base":7,"index":3,"to":[2,2,2,2]}"#,
        r#"{"op":"switch","base":0,"index":3,"to":[9,9,9,2]}"#,
        r#"{"op":"branch","name":"bltu","rs1":1,"rs2":2,"to":2}"#,
    ] {
        for xlen in [64, 32] {
            let skipped = r#"{"op":"ins","name":"addi","rd":4,"imm":1}"#;
            let taken = r#"{"op":"ins","name":"addi","rd":5,"imm":77}"#;
            let ops = format!(
                r#"{{"id":0,"ops":[{jump}]}},{{"id":1,"ops":[{skipped}]}},{{"id":2,"ops":[{taken}]}}"#
            );
            let bytes = published(&program(xlen, &ops));
            let word = xlen as usize / 8;
            assert_eq!((bytes[3 * word], bytes[4 * word]), (0x44, 77), "{jump} at {xlen} bits");
        }
    }
}

#[test]
fn a_target_that_is_gone_is_the_next_one_or_the_end() {
    let ops = |to: u32| {
        format!(
            r#"{{"id":3,"ops":[{{"op":"jump","to":{to}}}]}},{{"id":5,"ops":[{{"op":"ins","name":"addi","rd":1,"imm":1}}]}},
            {{"id":9,"ops":[{{"op":"ins","name":"addi","rd":2,"imm":2}}]}}"#
        )
    };
    let after = |to| registers(&program(64, &ops(to)))[..2].to_vec();
    assert_eq!(after(4), [1, 2]);
    assert_eq!(after(6), [0x1111_1111, 2]);
    assert_eq!(after(10), [0x1111_1111, 0x2222_2222]);
    assert_eq!(after(u32::MAX), [0x1111_1111, 0x2222_2222]);
}

#[test]
fn branches_and_jumps_reach_over_any_distance() {
    for pad in [0, 1021, 1022, 1023, 1024, 5000, 262_141, 262_142, 262_143, 300_000] {
        let ops = format!(
            r#"{{"id":0,"ops":[{{"op":"branch","name":"beq","rs1":0,"rs2":0,"to":2}}]}},
            {{"id":1,"ops":[{{"op":"pad","count":{pad}}},{{"op":"ins","name":"addi","rd":1,"imm":1}}]}},
            {{"id":2,"ops":[{{"op":"jump","to":4}}]}},
            {{"id":3,"ops":[{{"op":"pad","count":1000}},{{"op":"ins","name":"addi","rd":1,"imm":1}}]}},
            {{"id":4,"ops":[{{"op":"checkpoint"}}]}}"#
        );
        for xlen in [64, 32] {
            let program = program(xlen, &ops);
            let layout = layout(&program).unwrap();
            let ran = run(&program, &layout).unwrap();
            assert_eq!((ran.stop, ran.published[0]), (Stop::Halted(0), 0x11), "{pad}");
        }
    }
}

#[test]
fn the_tail_of_a_long_text_is_in_reach_of_all_of_it() {
    let blocks = (0..4).map(|id| format!(r#"{{"id":{id},"ops":[{{"op":"pad","count":110000}}]}}"#));
    let program = program(64, &blocks.collect::<Vec<_>>().join(","));
    let layout = layout(&program).unwrap();
    let end = layout.text_base + 4 * layout.words.len() as u64;
    assert!(layout.dump - layout.text_base < 1 << 20 && end - layout.dump < 1 << 20);
    assert_eq!(run(&program, &layout).unwrap().stop, Stop::Halted(0));
}

#[test]
fn loops_count_and_end_whatever_the_counter_holds() {
    let body = r#"{"id":1,"ops":[{"op":"ins","name":"addi","rd":1,"rs1":1,"imm":1},{"op":"loop_end","counter":8,"to":1}]}"#;
    let start =
        r#"{"id":0,"ops":[{"op":"ins","name":"addi","rd":1},{"op":"loop_start","counter":8,"times":5}]}"#;
    assert_eq!(registers(&program(64, &format!("{start},{body}")))[0], 5);
    let start = start.replace("\"times\":5", "\"times\":0");
    assert_eq!(registers(&program(64, &format!("{start},{body}")))[0], 1);
}

#[test]
fn the_dump_can_be_jumped_to_from_every_instruction_of_the_body() {
    for xlen in WIDTHS {
        for index in 0..12 {
            let made = make(Kind::Positive, xlen, 21, index);
            for place in &made.layout.places {
                for pc in (0..place.count.min(40)).map(|number| place.pc + 4 * u64::from(number)) {
                    let imm = made.layout.dump.wrapping_sub(pc) as i32;
                    let jump = Instruction { op: Opcode::Jal, rd: 0, rs1: 0, rs2: 0, imm };
                    let elf = patched(&made.layout, xlen, pc, encode(jump, xlen).unwrap());
                    let ran = prerun::run(&elf, xlen, STEPS, &mut ()).unwrap();
                    assert_eq!(ran.stop, Stop::Halted(made.program.exit_code), "index {index}, {pc:#x}");
                }
            }
        }
    }
}

/// Remove ops and blocks at random.
fn thinned(program: &Program, random: &mut Random) -> Program {
    let mut program = program.clone();
    let (ops, blocks) = (1 + random.below(9), random.below(5));
    program.blocks.retain(|_| !random.chance(blocks, 10));
    program.blocks.iter_mut().for_each(|block| block.ops.retain(|_| !random.chance(ops, 10)));
    program
}

#[test]
fn what_is_left_of_a_program_can_be_laid_out() {
    let mut random = Random::new(&[3]);
    for kind in Kind::ALL {
        for xlen in WIDTHS {
            for index in 0..60 {
                let made = make(kind, xlen, 22, index);
                for _ in 0..20 {
                    let less = thinned(&made.program, &mut random);
                    let layout = layout(&less).unwrap();
                    check_places(&less, &layout);
                    if kind == Kind::Naive {
                        assert_eq!(run(&less, &layout).unwrap().stop, Stop::Halted(0));
                    }
                }
            }
        }
    }
}

fn check_places(program: &Program, layout: &Layout) {
    assert_eq!(layout.places.len(), count(program, |_| true));
    assert_eq!(layout.instructions, layout.places.iter().map(|place| place.count).sum::<u32>());
    let end = layout.text_base + 4 * layout.words.len() as u64;
    let mut free = layout.text_base;
    for place in &layout.places {
        assert!(place.pc >= free);
        free = place.pc + 4 * u64::from(place.count);
        assert!(program.blocks[place.block as usize].ops.len() > place.op as usize);
    }
    assert!(free <= end && (layout.text_base..end).contains(&layout.dump));
}

#[test]
fn documents_come_back_as_they_were() {
    for kind in Kind::ALL {
        for index in 0..50 {
            let made = make(kind, Xlen::Rv64, 23, index);
            let json = made.program.to_json();
            let again = Program::from_json(&json).unwrap();
            assert_eq!(again, made.program);
            assert_eq!(layout(&again).unwrap().elf, made.layout.elf);
        }
    }
}

#[test]
fn damaged_documents_are_errors_or_programs_but_no_panics() {
    let mut random = Random::new(&[4]);
    let digits = *b"0123456789\"[]{}:,-exabcdef";
    for index in 0..40 {
        let kind = random.pick(&Kind::ALL);
        let json = make(kind, Xlen::Rv64, 24, index).program.to_json();
        for _ in 0..100 {
            let mut damaged = json.clone();
            for _ in 0..1 + random.below(3) {
                let at = random.below(damaged.len() as u64) as usize;
                damaged[at] = random.pick(&digits);
            }
            if let Ok(program) = Program::from_json(&damaged) {
                if let Ok(layout) = layout(&program) {
                    listing(&program, &layout);
                }
            }
        }
    }
    for text in ["", "{}", "[]", "null", "{\"version\":2}", "\u{0}", "{\"version\":1,\"xlen\":16}"] {
        assert!(Program::from_json(text.as_bytes()).is_err());
    }
}

/// Replace one number, or one number in text, by an extreme one.
fn extreme(value: &mut serde_json::Value, random: &mut Random) {
    use serde_json::Value;
    match value {
        Value::Array(values) if !values.is_empty() => {
            let place = random.below(values.len() as u64) as usize;
            extreme(&mut values[place], random);
        }
        Value::Object(fields) if !fields.is_empty() => {
            let place = random.below(fields.len() as u64) as usize;
            fields.values_mut().nth(place).into_iter().for_each(|field| extreme(field, random));
        }
        Value::String(_) => {
            let number = random.pick(&[0, 1, u64::MAX, 1 << 63, (1 << 63) - 1, 1 << 32, u64::MAX << 12]);
            *value = Value::from(format!("{number:#x}"));
        }
        Value::Number(_) => {
            *value =
                Value::from(random.pick(&[0, 1, -1, 31, 32, 255, 256, 4095, i64::MAX, i64::MIN, 1 << 31]));
        }
        _ => {}
    }
}

#[test]
fn extreme_numbers_are_errors_or_programs_but_no_panics() {
    let mut random = Random::new(&[5]);
    let mut laid_out = 0;
    for index in 0..30 {
        let kind = random.pick(&Kind::ALL);
        let xlen = random.pick(&WIDTHS);
        let program = make(kind, xlen, 26, index).program;
        let json: serde_json::Value = serde_json::from_slice(&program.to_json()).unwrap();
        for _ in 0..300 {
            let mut changed = json.clone();
            (0..1 + random.below(3)).for_each(|_| extreme(&mut changed, &mut random));
            let Ok(program) = Program::from_json(changed.to_string().as_bytes()) else { continue };
            let Ok(layout) = layout(&program) else { continue };
            listing(&program, &layout);
            laid_out += 1;
        }
    }
    assert!(laid_out > 1000, "{laid_out}");
}

#[test]
fn absurd_programs_are_errors() {
    let block = |ops: &str| program(64, &format!(r#"{{"id":0,"ops":[{ops}]}}"#));
    for ops in [
        r#"{"op":"pad","count":4294967295}"#,
        r#"{"op":"ins","name":"addi","rd":32}"#,
        r#"{"op":"ins","name":"addi","rd":1,"imm":5000}"#,
        r#"{"op":"branch","name":"add","rs1":1,"rs2":2,"to":0}"#,
        r#"{"op":"access","name":"add","reg":1,"base":2,"at":{"value":"0x0","form":"build"}}"#,
        r#"{"op":"return","link":77}"#,
    ] {
        assert!(layout(&block(ops)).is_err(), "{ops}");
    }
    let good = block("");
    let mut bad = good.clone();
    bad.frame.registers = [5, 31];
    assert!(layout(&bad).is_err());
    let mut bad = good.clone();
    bad.frame.address.0 = 1 << 50;
    assert!(layout(&bad).is_err());
    let mut bad = good.clone();
    bad.segments.push(riscv_generator::ir::Segment {
        size: 1 << 50,
        file_size: 1 << 50,
        ..Default::default()
    });
    assert!(layout(&bad).is_err());
    let mut bad = good.clone();
    bad.text_base.0 = bad.frame.address.0;
    assert!(layout(&bad).is_err());
    let mut bad = good;
    bad.blocks.push(bad.blocks[0].clone());
    assert!(layout(&bad).is_err());
}

#[test]
fn a_listing_has_a_line_for_each_word_and_a_label_for_each_block() {
    let made = make(Kind::Positive, Xlen::Rv64, 25, 0);
    let text = listing(&made.program, &made.layout);
    assert_eq!(text.lines().filter(|line| line.starts_with("0x")).count(), made.layout.words.len());
    let labels = text.lines().filter(|line| line.starts_with("block_")).count();
    assert_eq!(labels, made.program.blocks.iter().filter(|block| !block.ops.is_empty()).count());
    assert!(count(&made.program, |op| matches!(op, Op::Word { .. })) == 0);
}
