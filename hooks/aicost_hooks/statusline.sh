# The status line: what Claude Code runs below its prompt. POSIX sh, sourced by the client's command:
#
#     AICOST_D='<data folder>/hooks' AICOST_C='<the command that was there before, or nothing>' ; …
#
# It shows what that command says, and below it what the daemon prepared for this session; and it
# leaves the client's own figures where the daemon finds them. It starts no process but that other
# command. What is not as it should be (no daemon, a file that is none of ours) is not shown; the
# exit code is 0 in any case, as the client shows nothing of a command that fails.
trap 'exit 0' EXIT
aicost_w=${COLUMNS:-80}

# What the client says: one line of JSON.
aicost_p=''
while IFS= read -r aicost_l || [ -n "$aicost_l" ]; do
    aicost_p=$aicost_p$aicost_l
done

# The other command comes first: none of our variables but these is set while it runs. Who is slow is
# not waited for, and who fails is not shown (nor would the client do so).
exec 4>&2 2>/dev/null
aicost_theirs() {
    if command -v timeout >/dev/null; then
        (timeout -s KILL 1 sh -c "$AICOST_C" 2>&4 4>&-) # and all that it starts
        return
    fi
    exec 3<&0
    set -m # a group of its own
    sh -c "$AICOST_C" <&3 2>&4 3<&- 4>&- &
    aicost_j=$!
    {
        sleep 1
        kill -9 "-$aicost_j" || kill -9 "$aicost_j"
    } >/dev/null 3<&- 4>&- &
    aicost_k=$!
    wait "$aicost_j"
    aicost_l=$?
    kill -9 "-$aicost_k" || kill -9 "$aicost_k"
    return "$aicost_l"
}
if [ -n "$AICOST_C" ]; then
    aicost_o=$(
        aicost_theirs <<EOF
$aicost_p
EOF
    ) && [ -n "$aicost_o" ] && printf '%s\n' "$aicost_o"
fi
exec 4>&-

# R: the run folder.
R=''
[ -f "$AICOST_D/where" ] && [ -O "$AICOST_D/where" ] && [ ! -h "$AICOST_D/where" ] &&
    . "$AICOST_D/where"
F=$R/statusline
[ -n "$R" ] && [ -d "$F/in" ] && [ -O "$F" ] && [ -O "$F/in" ] && [ ! -h "$F" ] || exit 0

# The session, and its figures for the daemon, which bears with half a file.
case $aicost_p in
*'"session_id":"'*) S=${aicost_p#*'"session_id":"'} S=${S%%'"'*} ;;
*) S=$CLAUDE_CODE_SESSION_ID ;;
esac
[ -n "$S" ] && [ "${#S}" -le 128 ] && [ "${#aicost_p}" -le 65536 ] || exit 0
case $S in *[!0-9A-Za-z_-]*) exit 0 ;; esac
[ ! -h "$F/in/$S" ] || exit 0
umask 077
printf '%s\n' "$aicost_p" >"$F/in/$S"
[ -f "$F/in/$S" ] || exit 0

# Is the daemon there? It keeps the time of this file ahead of the clock, and its number in it.
[ -f "$F/until" ] && [ ! -h "$F/until" ] && [ "$F/until" -nt "$F/in/$S" ] || exit 0
read -r P <"$F/until"
case $P in '' | 0* | *[!0-9]* | ????????????*) exit 0 ;; esac
kill -0 "$P" || exit 0

# Its lines, the widest first: which one (1 or 2), the cells that it needs, the text. In the text ~ and
# a letter are a colour or a sign; nothing else in it is more than a plain letter.
L=$F/line/$S
[ -f "$L" ] && [ -O "$L" ] && [ ! -h "$L" ] || exit 0
case $aicost_w in '' | 0 | *[!0-9]* | ?????*) aicost_w=80 ;; esac
aicost_w=$((aicost_w - 5)) # the client's own margins
A="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz \$.,:;%/<>()+=_#@'?*&~!-"
one='' two='' n=0
while read -r k w t && [ "$n" -lt 40 ]; do
    n=$((n + 1))
    case $w in '' | *[!0-9]* | ????*) continue ;; esac
    [ "$w" -le "$aicost_w" ] && [ "${#t}" -le 600 ] || continue
    case $t in *[!$A]*) continue ;; esac
    case $k in
    1) [ -n "$one" ] || one=$t ;;
    2) [ -n "$two" ] || two=$t ;;
    esac
done <"$L"

red='\0033[31m' yellow='\0033[33m' plain='\0033[0m'
[ -z "$NO_COLOR" ] || red='' yellow='' plain=''

paint() {
    t=$1 o=''
    while :; do
        case $t in
        *'~'*) o=$o${t%%'~'*} t=${t#*'~'} ;;
        *) break ;;
        esac
        case $t in
        w*) o=$o▲ ;;
        s*) o=$o■ ;;
        i*) o=$o○ ;;
        m*) o=$o· ;;
        g*) o=$o≥ ;;
        a*) o=$o→ ;;
        e*) o=$o… ;;
        r*) o=$o$red ;;
        y*) o=$o$yellow ;;
        0*) o=$o$plain ;;
        esac
        t=${t#?}
    done
    printf '%b\n' "$o$t"
}
[ -z "$one" ] || paint "$one"
[ -z "$two" ] || paint "$two"
