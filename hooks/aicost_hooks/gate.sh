# The gate: what an agent runs at each event. POSIX sh, sourced by the agent's own command:
#
#     A=claude E=PostToolBatch D='<data folder>/hooks'; …; . "$D/gate.sh"
#
# Where nothing is to be said (no verdict, or `pass`) it forks nothing and does not read stdin; as
# sh reads a script piece by piece, that way out comes first. It never says anything by accident:
# stderr is gone but for descriptor 3, and however it ends (a file that went away, a syntax error)
# the exit code is $c: 0, or 2 where something is refused on purpose. In an agent, 2 blocks.
c=0 R='' H='' F='' P='' IFS=' '
trap 'exit $c' EXIT
exec 3>&2 2>/dev/null

# R: run folder, H: aicost-hook, F: open or closed, P: the daemon's process, or 0.
[ -f "$D/where" ] && [ -O "$D/where" ] && [ ! -h "$D/where" ] && . "$D/where"
[ -n "$R" ] || exit 0

# How it goes on: ask (aicost-hook), stop (if the verdict still holds), or not at all.
n=''
case $E in UserPromptSubmit | SessionStart | SessionEnd) n=ask ;; esac
[ -z "$AICOST_GUARD" ] || n=ask
if [ -z "$n" ]; then
    V=$R/verdict/.codex
    if [ "$A" = claude ]; then
        S=${CLAUDE_CODE_SESSION_ID:-default} # an old client names none
        case $S in *[!0-9A-Za-z_-]*) exit 0 ;; esac
        V=$R/verdict/$S
        [ -e "$V" ] || [ -h "$V" ] || V=$R/verdict/default
    fi
    v='' x='' p='' q=''
    if [ -f "$V" ] && [ -O "$V" ] && [ ! -h "$V" ] && [ -O "$R/verdict" ]; then
        if [ "$A" = codex ]; then # its session is named on stdin only
            n=ask
        elif read -r v x p q <"$V"; then
            case $v,$x,$p,$q in
            check,,,) n=ask ;;
            stop,?*,?*,) n=stop ;;
            esac
        fi
    fi
    [ -n "$n" ] || [ "$F" = closed ] || exit 0
fi

# From here on it may take its time.

is_running() { # a process id
    case $1 in '' | 0* | *[!0-9]* | ????????????*) return 1 ;; esac # zsh would cut a longer one
    kill -0 "$1"
}

refuse() { # because the daemon is gone and the user wants it so: core/hook_answers.py, CLOSED
    m="aicost: its daemon does not answer, and without it nothing may be spent here"
    m="$m (fail = 'closed'). Start it: aicost daemon start. To go on without it: set fail = 'open'"
    m="$m under [gate] in aicost's config, then run aicost hooks install."
    c=0
    case $A,$E in
    *,UserPromptSubmit | claude,PreModelSwitch)
        printf '{"decision": "block", "reason": "%s"}\n' "$m"
        ;;
    claude,PreToolUse)
        printf '{"hookSpecificOutput": {"hookEventName": "PreToolUse", '
        printf '"permissionDecision": "deny", "permissionDecisionReason": "%s"}, ' "$m"
        printf '"continue": false, "stopReason": "%s"}\n' "$m"
        ;;
    claude,PostToolBatch | claude,PostToolUse | codex,PreCompact)
        printf '{"continue": false, "stopReason": "%s"}\n' "$m"
        ;;
    claude,PreCompact | codex,PreToolUse)
        printf '%s\n' "$m" >&3
        c=2
        ;;
    esac
    exit "$c"
}

ask() {
    if [ -f "$H" ] && [ -x "$H" ] && [ -r "$H" ]; then
        "$H" gate "$A" "$E" "$F" "$R" "$D" "$PPID" # says what it says on stdout and 3
        case $? in
        0) exit 0 ;;
        22) c=2 && exit 2 ;; # a shell or a Python that breaks may end with 2
        esac
    fi
    [ "$F" = closed ] && refuse
    exit 0
}

show() { # the prepared answer for this event; what follows the verdict's first line
    while read -r e k t; do
        [ "$e" = "$E" ] || continue
        case $k in
        0)
            printf '%s\n' "$t"
            # A run without a screen shows nobody why it ends.
            [ "$CLAUDE_CODE_ENTRYPOINT" = sdk-cli ] && [ -x "$H" ] &&
                printf '%s\n' "$t" | "$H" told "$A" "$E" "$R" >/dev/null
            ;;
        2)
            printf '%s\n' "$t" >&3
            c=2
            ;;
        esac
        break
    done
}

case $E in UserPromptSubmit | SessionStart | SessionEnd) ask ;; esac # it tells by the socket
[ "$F" != closed ] || is_running "$P" || refuse
[ "$n" = ask ] && ask
if [ "$n" = stop ]; then
    case $x in *[!0-9]*) exit 0 ;; esac
    is_running "$p" || exit 0
    y=$(date +%s)
    [ "$y" -lt "$x" ] && { read -r v && show; } <"$V"
fi
exit "$c"
