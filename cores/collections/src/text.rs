//! Strings: bytes, characters, case, splitting, searching, number texts.

use sp1_zkvm::io::{commit, commit_slice};

fn commit_text(text: &str) {
    commit_slice(text.as_bytes());
}

fn case(text: &str) {
    commit_text(&text.to_uppercase());
    commit_text(&text.to_lowercase());
    commit_text(&text.to_ascii_uppercase());
}

/// What every character is, and its place in bytes.
fn characters(text: &str) {
    for (place, character) in text.char_indices() {
        let classes = [
            character.is_alphabetic(),
            character.is_numeric(),
            character.is_whitespace(),
            character.is_uppercase(),
            character.is_control(),
        ];
        commit(&(place as u64, u32::from(character), classes));
    }
    commit_text(&text.escape_debug().to_string());
    commit_text(&text.chars().rev().collect::<String>());
}

fn encodings(text: &str) {
    let units: Vec<u16> = text.encode_utf16().collect();
    commit(&units);
    commit(&String::from_utf16(&units).is_ok_and(|again| again == text));
    // Cutting a character in two makes replacement characters.
    let cut = &text.as_bytes()[text.len() / 3..];
    commit_text(&String::from_utf8_lossy(cut));
}

fn splitting(text: &str) {
    for word in text.split_whitespace() {
        commit_text(word.trim_matches(|c: char| c.is_ascii_punctuation()));
        commit(&word.parse::<i32>().ok());
    }
    for line in text.lines().take(8) {
        commit(&line.split_once(':'));
        commit(&line.rfind("the").map(|place| place as u64));
    }
    commit_text(&text.replace("a", "\u{e4}\u{1f980}"));
    commit_text(&format!("{text:>12.5}|{:<8}|{:^9}|", text.len(), "mid"));
}

pub fn exercise(text: &str) {
    case(text);
    characters(text);
    encodings(text);
    splitting(text);
}
