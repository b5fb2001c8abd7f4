# Sourced by the scripts here: a Python environment of the checkout's own, made once.
#
#   ensure_python NAME LOCK_FILE    sets PYTHON to the interpreter of the environment NAME, which holds what
#                                   LOCK_FILE pins and this checkout's package; `root` must be set before
#
# The environment is kept in .fuzz/python/ under a key: the lock file, pyproject.toml, the interpreter and the
# checkout's place. When it is there and newer than the two files, no program is started to find that out.

ensure_python() {
    local name=$1 lock=$root/$2 current=$root/.fuzz/python/$1 place=
    PYTHON=$current/bin/python
    if [[ -x $PYTHON && -r $current/.done && ! $lock -nt $current/.done && ! $root/pyproject.toml -nt $current/.done ]]; then
        read -r place <"$current/.done" || true
        if [[ $place == "$root" ]]; then return 0; fi
    fi
    _make_python "$name" "$lock" "$current"
}

# An interpreter that is new enough, by its full path; the first one that answers.
_find_python() {
    local candidate
    for candidate in python3.11 python3.12 python3.13 python3.14 python3 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            "$candidate" -c 'import sys; print(sys.executable)'
            return 0
        fi
    done
    return 1
}

_fail() {
    printf 'error: %s\n' "$1" >&2
    if [[ -n ${2:-} ]]; then printf 'hint: %s\n' "$2" >&2; fi
    exit 4
}

_make_python() {
    local name=$1 lock=$2 current=$3 base=$root/.fuzz/python python version key folder
    python=$(_find_python) || _fail "no Python 3.11 or newer on PATH" \
        "install one: \`apt-get install python3 python3-venv\` on Debian 12 or newer"
    version=$("$python" -c 'import sys; print(".".join(map(str, sys.version_info[:3])))')
    "$python" -c 'import ensurepip, venv' 2>/dev/null || _fail "\`$python\` cannot make virtual environments" \
        "\`apt-get install python${version%.*}-venv\` adds that"
    key=$({ cat "$lock" "$root/pyproject.toml" && printf '%s\n' "$python" "$version" "$root"; } | sha256sum)
    folder=$base/$name-${key:0:16}
    mkdir -p "$base" "$root/.fuzz/logs" "$root/.fuzz/locks" 2>/dev/null \
        || _fail "\`$root/.fuzz\` cannot be written" "use a checkout that you may write to"
    # Two calls at once: the second one waits here and then finds the work done. The programs started below hold
    # the lock too, so when this shell is killed, what it leaves running is waited for and not built over.
    exec 9>"$root/.fuzz/locks/python.lock"
    flock 9
    if [[ ! -e $folder/.done ]]; then
        _install_python "$name" "$lock" "$folder" "$python"
        printf '%s\n' "$root" >"$folder/.done"
    fi
    touch "$folder/.done"
    ln -sfn "${folder##*/}" "$current"
    exec 9>&-
}

# Fill the folder: what a killed call left there is made anew. Shows one line, with the seconds on a terminal.
_install_python() {
    local name=$1 lock=$2 folder=$3 python=$4 log=$root/.fuzz/logs/python-$1.log status=0 ticker=
    local title="Setting up the Python environment (once, under .fuzz/)"
    SECONDS=0
    if [[ -t 2 ]]; then
        _tick "$title" $$ 9>&- &
        ticker=$!
    fi
    rm -rf "$folder"
    _fill_python "$lock" "$folder" "$python" >"$log" 2>&1 || status=$?
    if [[ -n $ticker ]]; then
        kill "$ticker" 2>/dev/null || true
        printf '\r' >&2
    fi
    if ((status)); then
        printf '%s… failed\n' "$title" >&2
        tail -n 15 "$log" >&2
        _fail "the Python environment could not be made" "all of pip's output is in .fuzz/logs/${log##*/}"
    fi
    printf '%s… %d s\n' "$title" "$SECONDS" >&2
}

# Show a title and the seconds that have passed, until a process is gone.
_tick() {
    while kill -0 "$2" 2>/dev/null; do
        printf '\r%s… %d s ' "$1" "$SECONDS" >&2
        sleep 1
    done
}

_fill_python() {
    local lock=$1 folder=$2 python=$3 site
    # Settings of the user's that name an index stay; those that change where packages go do not.
    unset PYTHONPATH PYTHONHOME PIP_USER PIP_TARGET PIP_PREFIX PIP_ROOT PIP_NO_DEPS PIP_REQUIREMENT PIP_CONSTRAINT
    "$python" -m venv "$folder" || return
    "$folder/bin/python" -m pip install --quiet --no-input --no-compile --disable-pip-version-check \
        --require-hashes --requirement "$lock" || return
    # The package itself, editable: a line with its place, and no build that would write into the checkout.
    site=$("$folder/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))') || return
    printf '%s\n' "$root" >"$site/zkvm_fuzzer.pth"
}
