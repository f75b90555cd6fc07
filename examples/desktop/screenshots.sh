#!/bin/sh
# Makes docs/desktop-before.png, -after.png, -way.png, -next.png and -after-200.png (at 200 %) again: a desk in the middle of a word,
# put to sleep before a call and killed; the same desk when it is started 42 minutes later; and what the next version makes
# of the same kill. The same story moves in docs/desktop.gif, and that of the wizard in a terminal in docs/wizard.gif.
#
# Needs an X server without a screen, a hand to type with, a camera, and software OpenGL; on Debian:
PACKAGES="xvfb xdotool imagemagick libgl1 libegl1 libgl1-mesa-dri libxkbcommon-x11-0 libxcursor1 libxi6 libxrandr2 xterm fonts-dejavu-core"
set -eu
cd "$(dirname "$0")"

missing=
for tool in Xvfb xdotool import convert xterm; do command -v "$tool" >/dev/null || missing="$missing $tool"; done
if [ "${CI:-}" = true ] && [ "$(id -u)" = 0 ]; then
    # shellcheck disable=SC2086 # A list of words.
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qqy --no-install-recommends $PACKAGES
elif [ -n "$missing" ]; then
    printf 'Not here:%s\nInstall: %s\n' "$missing" "$PACKAGES" >&2
    exit 1
fi

cargo build --quiet
desk="${CARGO_TARGET_DIR:-target}/debug/approvals-desk"
docs="$(cd ../.. && pwd)/docs"
mkdir -p "$docs"
work="$(mktemp -d)"
screen=
app=
tidy() {
    [ -z "$app" ] || kill -9 "$app" 2>/dev/null || true
    [ -z "$screen" ] || kill "$screen" 2>/dev/null || true
    rm -rf "$work"
}
trap tidy EXIT

# screen SIZE: a screen as large as the window, which stands in its corner.
screen() {
    [ -z "$screen" ] || kill "$screen"
    : >"$work/display"
    # Without -noreset, the server forgets its keyboard with each program that ends.
    Xvfb -noreset -displayfd 3 -screen 0 "$1x24" +extension GLX 3>"$work/display" 2>/dev/null &
    screen=$!
    until [ -s "$work/display" ]; do sleep 0.1; done
    DISPLAY=":$(cat "$work/display")"
    export DISPLAY LIBGL_ALWAYS_SOFTWARE=1
}
screen 960x640

start() {
    "$desk" --memo "$work/memo.txt" "$@" 2>"$work/log" &
    app=$!
    xdotool search --sync --onlyvisible --name 'Approvals desk' windowfocus --sync >/dev/null
    sleep 2
}
click() {
    xdotool mousemove "$1" "$2" sleep 0.2 click 1 sleep 0.4
}
write() {
    xdotool key ctrl+a sleep 0.2 type --delay 40 "$1"
    sleep 0.4
}
picture() {
    xdotool mousemove 952 630 sleep 2
    import -window root -strip +dither -colors 255 "png8:$docs/$1"
}
# frame HUNDREDTHS: the screen as it is, shown for this long.
frame() {
    count=$((count + 1))
    import -window root -strip +dither -colors 64 "gif:$work/$(printf %03d $count)-$1.gif"
}
# still HUNDREDTHS TEXT: a dark screen with one line on it.
still() {
    count=$((count + 1))
    convert -size "$size" 'xc:#202020' -fill white -font DejaVu-Sans -pointsize 24 -gravity center \
        -annotate 0 "$2" "gif:$work/$(printf %03d $count)-$1.gif"
}
movie() {
    set --
    for one in "$work"/[0-9]*.gif; do
        delay=${one##*-}
        set -- "$@" -delay "${delay%.gif}" "$one"
    done
    convert -loop 0 "$@" -layers optimize "$docs/$film"
    rm -f "$work"/[0-9]*.gif
}

stop() {
    kill -9 "$app"
    wait "$app" 2>/dev/null || true
}

film=desktop.gif size=960x640 count=0
start --dir "$work/state"
printf 'Dear team,\nthe fair is on the 12th.\n' >"$work/memo.txt"
click 640 26 # Light
xdotool mousemove 180 400
for _ in 1 2 3 4 5 6; do xdotool click 5 sleep 0.1; done
click 150 245 # R-1042
click 555 178 # Decide
click 560 515
frame 80
for words in 'Delmar drops the price ' 'if we order before the 20th. ' 'Ask Ana for the two-year quote.'; do
    xdotool type --delay 40 "$words"
    sleep 0.4
    frame 60
done
click 560 240
write '11 9'
frame 120
picture desktop-before.png

click 735 26 # Save state, before a call
sleep 1
stop
still 250 'A call. The program is killed. 42 minutes later:'
cp -R "$work/state" "$work/next"
cp -R "$work/state" "$work/large"
start --dir "$work/state" --later 42
picture desktop-after.png
frame 400
click 175 115 # Timeline
picture desktop-way.png
stop
movie
start --dir "$work/next" --later 42 --next
picture desktop-next.png
stop

(cd ../.. && cargo build --quiet --example wizard)
wizard="${CARGO_TARGET_DIR:-../../target}/debug/examples/wizard"
film=wizard.gif size=960x640 count=0
terminal() {
    xterm -geometry 78x24+0+0 -fa 'DejaVu Sans Mono' -fs 14 -bg '#202020' -fg white -e "$wizard" --dir "$work/trip" &
    app=$!
    xdotool search --sync --onlyvisible --class xterm windowfocus --sync >/dev/null
    sleep 1.5
}
answer() {
    xdotool type --delay 60 "$1"
    frame 30
    xdotool key Return sleep 0.5
    frame 60
}
terminal
frame 120
answer Ana
answer Lisbon
answer 2026-03-01
xdotool type --delay 60 2026-0
frame 120
# The wizard itself, and not its terminal: that would hang up first.
pkill -9 -P "$app"
wait "$app" 2>/dev/null || true
still 200 'kill -9. Some time later:'
terminal
frame 500
pkill -9 -P "$app"
movie

# The same return at 200 %.
screen 1920x1280
WINIT_X11_SCALE_FACTOR=2
export WINIT_X11_SCALE_FACTOR
start --dir "$work/large" --later 42
picture desktop-after-200.png
stop
ls -l "$docs"/desktop-*.png "$docs"/*.gif
