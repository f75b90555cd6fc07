#!/bin/sh
# Makes pictures of the example: the report is written in and killed, and started again, 42 minutes later, in the ways the
# arrow can be seen. They land in the directory given, or in pictures/; point.png is the one in README.
#
# Needs an X server without a screen, a hand to type with, and a camera; on Debian:
PACKAGES="xvfb xdotool imagemagick libxkbcommon-x11-0 libxcursor1 libxi6 libxrandr2"
set -eu
here="$PWD"
cd "$(dirname "$0")"

missing=
for tool in Xvfb xdotool import; do command -v "$tool" >/dev/null || missing="$missing $tool"; done
if [ -n "$missing" ]; then
    printf 'Not here:%s\nInstall: %s\n' "$missing" "$PACKAGES" >&2
    exit 1
fi

cargo build --quiet --example form
form="${CARGO_TARGET_DIR:-target}/debug/examples/form"
pictures=pictures
[ $# -eq 0 ] || pictures="$here/$1"
mkdir -p "$pictures"
work="$(mktemp -d)"
screen=
app=
tidy() {
    [ -z "$app" ] || kill -9 "$app" 2>/dev/null || true
    [ -z "$screen" ] || kill "$screen" 2>/dev/null || true
    rm -rf "$work"
}
trap tidy EXIT

Xvfb -displayfd 3 -screen 0 700x600x24 3>"$work/display" 2>/dev/null &
screen=$!
until [ -s "$work/display" ]; do sleep 0.1; done
DISPLAY=":$(cat "$work/display")"
export DISPLAY

start() {
    "$form" --dir "$work/state" "$@" 2>"$work/log" &
    app=$!
    xdotool search --sync --onlyvisible --name 'Journey' windowfocus --sync >/dev/null
    sleep 2
}
stop() {
    kill -9 "$app"
    wait "$app" 2>/dev/null || true
    app=
}
write() {
    xdotool mousemove "$1" "$2" sleep 0.2 click 1 sleep 0.3 type --delay 40 "$3"
    sleep 0.5
}
# leave X Y TEXT: a new state, with these words in the field at that place.
leave() {
    rm -rf "$work/state"
    start
    write 300 $TRAVELLER 'Delmar'
    write "$1" "$2" "$3"
    stop
}
# picture NAME WIDTH HEIGHT OPTION…
picture() {
    name="$1" width="$2" height="$3"
    shift 3
    cp -r "$work/state" "$work/kept"
    start --later 42 --size "$width" "$height" "$@"
    # A sign of the user, who is back: else nothing fades.
    xdotool mousemove "$((width - 5))" "$((height - 5))"
    sleep 1
    import -window root -crop "${width}x$height+0+0" +repage -strip +dither -colors 255 "png8:$pictures/$name.png"
    stop
    rm -rf "$work/state"
    mv "$work/kept" "$work/state"
}

TRAVELLER=75 PURPOSE=117 HOTEL=226 ACCOUNT=75
leave 300 $PURPOSE 'see the archive in'
picture point 640 400
picture point-dark 640 400 --dark
picture moved 640 400 --next
leave 220 $HOTEL '120'
picture record 640 420
picture off-screen 640 300 --next
picture narrow 340 420
leave 65 155 ''
picture region 640 420 --next
rm -rf "$work/state"
start
write 190 30 ''
write 300 $ACCOUNT 'NL 12'
stop
picture page-dark 640 400 --dark
ls -l "$pictures"
