# aicost: what agents spend, in the prompt of bash 5 or later. In ~/.bashrc:
#
#     eval "$(aicost init bash)"
#
# At a prompt, builtins read two or three small files that the daemon keeps. No process is started,
# and nothing is waited for: what is no plain file of your own is not opened, and only the start of
# one is read. Options: docs/badge.md. `aicost_badge_off` takes it away again.

if [[ $- != *i* ]]; then
  :
elif [[ ${BASH_VERSION%%.*} -lt 5 ]]; then
  printf 'aicost: no badge in this prompt: it needs bash 5 or later, this is bash %s\n' \
    "$BASH_VERSION" >&2
else
  export AICOST_SHELL=$$ # whose sessions an agent's are
  _aicost_dir=@DIR@
  # All that a file may say, beside tabs; spelled out, for ranges depend on the locale.
  _aicost_alphabet='0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz $.,<≥%~/-'
  _aicost_badge='' _aicost_key='' _aicost_piece=${_aicost_piece-}
  _aicost_had=${_aicost_had-${PROMPT_COMMAND+x}} _aicost_exported=${_aicost_exported-}
  _aicost_command=${_aicost_command-_aicost_prompt} _aicost_found=${_aicost_found-}

  _aicost_line() { # a file -> line
    line=''
    [[ -f $1 && -r $1 && -O $1 && ! -h $1 ]] || return 1
    IFS='' \builtin read -r -n 400 line 2>/dev/null <"$1" || return 1
    [[ -n $line && ${#line} -lt 400 && $line != *[!$'\t'$_aicost_alphabet]* ]]
  }

  _aicost_find() { # -> line: of this shell, else of this repository, else of today
    local pid since folder
    _aicost_line "$_aicost_dir/alive" || return 1
    pid=${line%% *} since=${line#* }
    [[ $pid == [1-9]* && -n $since && $pid$since != *[!0123456789]* ]] || return 1
    [[ ${#pid} -lt 11 && ${#since} -lt 13 ]] || return 1
    ((since = EPOCHSECONDS - 10#$since, since >= -20 && since <= 20)) || return 1
    \builtin kill -0 "$pid" 2>/dev/null || return 1
    _aicost_line "$_aicost_dir/shell/$$" && return 0
    folder=${PWD//'%'/'%25'}
    folder=${folder//'/'/'%2F'}
    while [[ -n $folder ]]; do
      _aicost_line "$_aicost_dir/repo/$folder" && return 0
      folder=${folder%'%2F'*}
    done
    _aicost_line "$_aicost_dir/today"
  }

  _aicost_write() { # line, format, ascii -> text, level
    local cost percent state tokens burn context task sign='' rest=$line$'\t\t\t\t\t\t\t\t'
    local name value before gap=''
    text=''
    for name in level cost percent state tokens burn context task; do
      \builtin printf -v "$name" '%s' "${rest%%$'\t'*}"
      rest=${rest#*$'\t'}
    done
    case $ascii$level in
      ok | 1ok) ;;
      warn) sign=▲ ;;
      serious | over) sign=■ ;;
      1warn) sign='!' ;;
      1serious) sign='!!' ;;
      1over) sign='!!!' ;;
      *) return 1 ;;
    esac
    [[ -z $ascii ]] || cost=${cost//≥/'>='}
    percent=${percent:+$percent%} context=${context:+$context%}
    rest=$format
    while [[ $rest == *'{'*'}'* ]]; do # where a field is empty, so is a space beside it
      before=${rest%%'{'*} rest=${rest#*'{'}
      name=${rest%%'}'*} rest=${rest#*'}'}
      case $name in
        level | cost | percent | state | tokens | burn | context | task | sign) value=${!name} ;;
        *) value="{$name}" ;;
      esac
      [[ -n $gap && ${text:- } == *' ' ]] && before=${before#' '}
      text+=$before$value gap=''
      [[ -n $value ]] || gap=1
    done
    [[ -n $gap && ${text:- } == *' ' ]] && rest=${rest#' '}
    [[ -n $gap && -z $rest ]] && text=${text%' '}
    text+=$rest
    text=${text//[[:cntrl:]]/}
  }

  _aicost_paint() { # line, format, ascii, side, is_plain -> _aicost_badge
    local text level colour='' end=''
    _aicost_badge=''
    [[ -n $line ]] && _aicost_write && [[ -n $text ]] || return 0
    if [[ -z $is_plain ]]; then
      case $level in
        ok) colour=$'\e[32m' ;;
        warn) colour=$'\e[33m' ;;
        serious) colour=$'\e[31m' ;;
        over) colour=$'\e[1;31m' ;;
      esac
      end=$'\e[0m'
    fi
    # Between \001 and \002 is what takes no room on the line.
    if [[ $side == right ]]; then
      _aicost_badge=$'\001\e7\e[9999C\e['"${#text}D$colour$text$end"$'\e8\002'
    else
      _aicost_badge=${colour:+$'\001'$colour$'\002'}$text${end:+$'\001'$end$'\002'}' '
    fi
  }

  _aicost_place() { # puts the badge into PS1, after the line breaks that it starts with
    local piece='${_aicost_badge-}' rest=${PS1-} before='' was=$_aicost_piece
    if ! \builtin shopt -q promptvars; then # the text itself
      piece=${_aicost_badge//\\/\\\\}
    fi
    if [[ $was != "$piece" && -n $was ]]; then
      rest=${rest/"$was"/}
      PS1=$rest
    fi
    _aicost_piece=$piece
    [[ -z $piece || $rest == *"$piece"* ]] && return 0
    while :; do
      case $rest in
        '\n'*) before+='\n' rest=${rest#??} ;;
        $'\n'*) before+=$'\n' rest=${rest#?} ;;
        *) break ;;
      esac
    done
    PS1=$before$piece$rest
  }

  _aicost_unhook() { # takes it out of what runs before a prompt
    local at nl=$'\n' command
    for at in "${!PROMPT_COMMAND[@]}"; do
      command=${PROMPT_COMMAND[at]}
      [[ $command == *"$_aicost_command"* ]] || continue
      if [[ -z $_aicost_found ]]; then # with what another tool put between it and its own
        command=${command/"$nl$_aicost_command"/}
        command=${command/";$_aicost_command"/}
        command=${command/"$_aicost_command"[;$nl]/}
      fi
      command=${command/"$_aicost_command"/"$_aicost_found"}
      if [[ ${PROMPT_COMMAND[*]@a} != *a* ]]; then
        PROMPT_COMMAND=$command
      elif [[ -n $command ]]; then
        PROMPT_COMMAND[at]=$command
      else
        \builtin unset 'PROMPT_COMMAND[at]'
      fi
    done
    for at in "${!precmd_functions[@]}"; do
      [[ ${precmd_functions[at]} != _aicost_prompt ]] || \builtin unset 'precmd_functions[at]'
    done
    _aicost_command=_aicost_prompt _aicost_found=''
  }

  # It runs after all others, for they may set PS1, but as one command with the last of them: one of
  # its own would be the first after theirs that a DEBUG trap sees, as if the user had typed it.
  _aicost_hook() {
    local - last='' at=''
    set +eux
    if [[ -n ${bash_preexec_imported-}${__bp_imported-} ]]; then
      [[ ${#precmd_functions[@]} -eq 0 ]] || last=${precmd_functions[-1]}
      [[ $last != _aicost_prompt || ${PROMPT_COMMAND[*]-} == *"$_aicost_command"* ]] || return 0
      _aicost_unhook
      precmd_functions+=(_aicost_prompt)
      return 0
    fi
    _aicost_last
    [[ ";$last" != *[";"$'\n']"$_aicost_command" ]] || return 0
    _aicost_unhook
    _aicost_last
    _aicost_found=$last
    [[ -z $last ]] || \builtin printf -v _aicost_command '_aicost_then %q' "$last"
    if [[ ${PROMPT_COMMAND[*]@a} == *x* ]]; then # shells below know nothing of our functions
      \builtin export -n PROMPT_COMMAND
      _aicost_exported=1
    fi
    if [[ -n $at ]]; then
      PROMPT_COMMAND[at]=$_aicost_command
    else
      PROMPT_COMMAND=$_aicost_command
    fi
  }

  _aicost_last() { # -> last: what runs last before a prompt; at: where in an array that is
    at='' last=${PROMPT_COMMAND-}
    # (bash 5.0 runs only the first of an array.)
    [[ ${PROMPT_COMMAND[*]@a} == *a* ]] || return 0
    [[ ${BASH_VERSINFO[0]}.${BASH_VERSINFO[1]} != 5.0 ]] || return 0
    for at in "${!PROMPT_COMMAND[@]}"; do last=${PROMPT_COMMAND[at]}; done
  }

  _aicost_then() { # (theirs comes first: it finds $? and PIPESTATUS as the user's command left them)
    \builtin eval "$1"
    _aicost_prompt
  }

  _aicost_prompt() {
    local code=$? options=$-
    local - # what is set from here on ends with this function
    set +eux
    local line='' sign=⬡ ascii=${AICOST_BADGE_ASCII:+1} side=${AICOST_BADGE_SIDE:-left} is_plain=''
    [[ ${#sign} -eq 1 ]] || ascii=1 # no UTF-8 here
    local format='⬡ {cost} {sign}{percent}'
    [[ -z $ascii ]] || format='{cost} {sign}{percent}'
    format=${AICOST_BADGE_FORMAT:-$format}
    [[ -z ${NO_COLOR-} && ${TERM-} != dumb ]] || is_plain=1
    [[ ${TERM-} != dumb ]] || side=left
    [[ -n ${AICOST_BADGE_OFF-} || $side == none ]] || _aicost_find || line=''
    local key="$line|$ascii|$side|$is_plain|$format"
    if [[ $key != "$_aicost_key" ]]; then
      _aicost_key=$key
      _aicost_paint
    fi
    _aicost_place
    _aicost_hook
    [[ $options == *e* ]] || return "$code"
  }

  aicost_badge_off() { # the prompt as it was
    local -
    set +eux
    [[ -z $_aicost_piece ]] || PS1=${PS1/"$_aicost_piece"/}
    _aicost_unhook
    [[ -n $_aicost_had || -n ${PROMPT_COMMAND[*]-} ]] || \builtin unset PROMPT_COMMAND
    [[ -z $_aicost_exported ]] || \builtin export PROMPT_COMMAND
    \builtin unset -v _aicost_dir _aicost_alphabet _aicost_badge _aicost_key _aicost_piece
    \builtin unset -v _aicost_had _aicost_exported _aicost_command _aicost_found
    \builtin unset -f _aicost_line _aicost_find _aicost_write _aicost_paint _aicost_place
    \builtin unset -f _aicost_unhook _aicost_hook _aicost_last aicost_badge_off
    if [[ ${PROMPT_COMMAND[*]-} == *_aicost_* ]]; then # kept there by another tool
      _aicost_prompt() { :; }
      _aicost_then() { \builtin eval "$1"; }
    else
      \builtin unset -f _aicost_prompt _aicost_then
    fi
  }

  _aicost_hook
fi
