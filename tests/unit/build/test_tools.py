"""What a build inherits of the caller's environment."""

from pathlib import Path

from fuzzer.build.tools import clean_environment, in_front_of_path


def test_what_would_change_a_build_is_left_out() -> None:
    caller = {
        "RUSTFLAGS": "-C opt-level=0",
        "CARGO_ENCODED_RUSTFLAGS": "x",
        "CARGO_BUILD_TARGET": "wasm32-unknown-unknown",
        "CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS": "true",
        "CARGO_TARGET_DIR": "elsewhere",
        "RUSTC_WRAPPER": "sccache",
        "RUSTUP_TOOLCHAIN": "nightly",
    }
    assert not set(caller) & set(clean_environment(caller))


def test_where_the_users_things_are_stays() -> None:
    caller = {"CARGO_HOME": "cargo", "CARGO_NET_OFFLINE": "true", "RUSTUP_HOME": "rustup", "HTTPS_PROXY": "p"}
    assert caller.items() <= clean_environment(caller).items()


def test_extra_settings_win_over_the_callers() -> None:
    assert (
        clean_environment({"CARGO_TARGET_DIR": "theirs"}, CARGO_TARGET_DIR="ours")["CARGO_TARGET_DIR"]
        == "ours"
    )


def test_folders_go_in_front_of_path() -> None:
    assert in_front_of_path({"PATH": "/bin"}, Path("/a"), Path("/b")) == "/a:/b:/bin"
