# aicost: what agents spend, in the prompt of zsh 5.8 or later. In ~/.zshrc:
#
#     eval "$(aicost init zsh)"
#
# At a prompt, builtins read two or three small files that the daemon keeps. No process is started,
# and nothing is waited for: what is no plain file of your own is not opened, and only the start of
# one is read. While a prompt waits for you it looks again every two seconds (`sched`), and draws
# the prompt anew if the badge changed. Options: docs/badge.md. `aicost_badge_off` takes it away.

if [[ ! -o interactive ]]; then
  :
elif ! { 'builtin' autoload -Uz is-at-least && is-at-least 5.8 "$ZSH_VERSION" }; then
  'builtin' print -ru2 "aicost: no badge in this prompt: it needs zsh 5.8 or later, this is zsh $ZSH_VERSION"
elif ! 'builtin' zmodload zsh/datetime zsh/system zsh/sched; then
  'builtin' print -ru2 'aicost: no badge in this prompt: this zsh has no zsh/datetime, zsh/system or zsh/sched'
else
  'builtin' export AICOST_SHELL=$$ # whose sessions an agent's are
  'builtin' typeset -g _aicost_dir=@DIR@
  # All that a file may say, beside tabs; spelled out, for ranges depend on the locale.
  'builtin' typeset -g _aicost_alphabet='0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz $.,<≥%~/-'
  'builtin' typeset -g _aicost_key='' _aicost_folder='' _aicost_name='' _aicost_text='' _aicost_level=''
  'builtin' typeset -g _aicost_left="${_aicost_left-}" _aicost_right="${_aicost_right-}"
  'builtin' typeset -g _aicost_had_right="${_aicost_had_right-${RPROMPT+x}${RPS1+x}}"

  _aicost_line() { # a file -> line
    line=''
    [[ -f $1 && -r $1 && -O $1 && ! -h $1 ]] || return 1
    { 'builtin' sysread -s 400 line <$1 } 2>/dev/null || return 1
    [[ $line == *$'\n'* ]] || return 1
    line=${line%%$'\n'*}
    [[ -n $line && $line != *[^$'\t'$_aicost_alphabet]* ]]
  }

  _aicost_find() { # -> line: of this shell, else of this repository, else of today
    'builtin' local pid since folder
    _aicost_line $_aicost_dir/alive || return 1
    pid=${line%% *} since=${line#* }
    [[ $pid == [1-9]* && -n $since && $pid$since != *[^0123456789]* ]] || return 1
    (( $#pid < 11 && $#since < 13 )) || return 1
    (( since = EPOCHSECONDS - since, since >= -20 && since <= 20 )) || return 1
    'builtin' kill -0 $pid 2>/dev/null || return 1
    _aicost_line $_aicost_dir/shell/$$ && return 0
    if [[ $PWD != $_aicost_folder ]]; then # the name of its file, by the real path
      folder=${PWD:P}
      folder=${folder//\%/%25}
      _aicost_name=${folder//\//%2F} _aicost_folder=$PWD
    fi
    folder=$_aicost_name
    while [[ -n $folder ]]; do
      _aicost_line $_aicost_dir/repo/$folder && return 0
      folder=${folder%\%2F*}
    done
    _aicost_line $_aicost_dir/today
  }

  _aicost_write() { # line, format, ascii -> _aicost_text, _aicost_level
    'builtin' local text='' level cost percent state tokens burn context task sign='' name value before gap=''
    'builtin' local rest=$line$'\t\t\t\t\t\t\t\t'
    for name in level cost percent state tokens burn context task; do
      'builtin' typeset $name=${rest%%$'\t'*}
      rest=${rest#*$'\t'}
    done
    case $ascii$level in
      (ok|1ok) ;;
      (warn) sign=▲ ;;
      (serious|over) sign=■ ;;
      (1warn) sign='!' ;;
      (1serious) sign='!!' ;;
      (1over) sign='!!!' ;;
      (*) return 1 ;;
    esac
    [[ -z $ascii ]] || cost=${cost//≥/>=}
    percent=${percent:+$percent%} context=${context:+$context%}
    rest=$format
    while [[ $rest == *'{'*'}'* ]]; do # where a field is empty, so is a space beside it
      before=${rest%%'{'*} rest=${rest#*'{'}
      name=${rest%%'}'*} rest=${rest#*'}'}
      case $name in
        (level|cost|percent|state|tokens|burn|context|task|sign) value=${(P)name} ;;
        (*) value="{$name}" ;;
      esac
      [[ -n $gap && ${text:- } == *' ' ]] && before=${before#' '}
      text+=$before$value gap=''
      [[ -n $value ]] || gap=1
    done
    [[ -n $gap && ${text:- } == *' ' ]] && rest=${rest#' '}
    [[ -n $gap && -z $rest ]] && text=${text%' '}
    text+=$rest
    _aicost_text=${text//[[:cntrl:]]/} _aicost_level=$level
  }

  # The badge is an element of psvar, one for each level: what is there is shown as it is, whatever
  # it says. 61 to 64: others use the first ones.
  _aicost_show() { # line, format, ascii -> psvar
    'builtin' local at=0
    _aicost_text='' _aicost_level=''
    [[ -z $line ]] || _aicost_write
    case $_aicost_level in
      (ok) at=61 ;;
      (warn) at=62 ;;
      (serious) at=63 ;;
      (over) at=64 ;;
    esac
    psvar[61]='' psvar[62]='' psvar[63]='' psvar[64]=''
    (( at == 0 )) || psvar[at]=$_aicost_text
  }

  _aicost_place() { # is_plain, side -> PROMPT, RPROMPT: both keep what else is in them
    'builtin' local left='' right='' at
    'builtin' local -a in out
    in=('%F{green}' '%F{yellow}' '%F{red}' '%B%F{red}') out=('%f' '%f' '%f' '%f%b')
    for at in 1 2 3 4; do
      [[ -z $is_plain ]] || in[at]='' out[at]=''
      left+="%(6${at}V.${in[at]}%6${at}v${out[at]} .)"
      right+="%(6${at}V. ${in[at]}%6${at}v${out[at]}.)"
    done
    [[ $side == left ]] || left=''
    [[ $side == right ]] || right=''
    if [[ $left != $_aicost_left && -n $_aicost_left ]]; then
      PROMPT=${PROMPT/$_aicost_left/}
    fi
    if [[ $right != $_aicost_right && -n $_aicost_right ]]; then
      RPROMPT=${RPROMPT/$_aicost_right/}
    fi
    _aicost_left=$left _aicost_right=$right
    [[ -z $left || $PROMPT == *$left* ]] || PROMPT=$left$PROMPT
    [[ -z $right || $RPROMPT == *$right* ]] || RPROMPT=$RPROMPT$right
  }

  _aicost_look() { # -> psvar, and whether it changed
    'builtin' local line='' side=${AICOST_BADGE_SIDE:-left} ascii=${AICOST_BADGE_ASCII:+1} x=⬡
    (( $#x == 1 )) || ascii=1 # no UTF-8 here
    'builtin' local format='⬡ {cost} {sign}{percent}'
    [[ -z $ascii ]] || format='{cost} {sign}{percent}'
    format=${AICOST_BADGE_FORMAT:-$format}
    [[ -n $AICOST_BADGE_OFF || $side == none ]] || _aicost_find || line=''
    'builtin' local key="$line|$ascii|$format"
    # Another tool may have filled psvar anew.
    [[ $key != $_aicost_key || ${(j::)psvar[61,64]} != $_aicost_text ]] || return 1
    _aicost_key=$key
    _aicost_show
  }

  _aicost_prompt() {
    if [[ ! -o prompt_percent ]]; then # then a prompt cannot show what changes
      aicost_badge_off
      return 0
    fi
    'builtin' emulate -L zsh
    'builtin' setopt no_xtrace
    'builtin' local side=${AICOST_BADGE_SIDE:-left} is_plain=''
    [[ -z $NO_COLOR && $TERM != dumb ]] || is_plain=1
    _aicost_look
    _aicost_place
    _aicost_hook
  }

  _aicost_hook() { # makes it the last of what runs before a prompt: others may set PROMPT
    [[ $precmd_functions[-1] == _aicost_prompt ]] && return 0
    'builtin' autoload -Uz add-zsh-hook
    add-zsh-hook -d precmd _aicost_prompt
    add-zsh-hook precmd _aicost_prompt
  }

  _aicost_tick() { # while a prompt waits; what is typed stays
    'builtin' local code=$?
    'builtin' emulate -L zsh
    'builtin' setopt no_xtrace
    'builtin' sched +2 _aicost_tick
    _aicost_look && 'builtin' zle && 'builtin' zle reset-prompt
    return $code
  }

  _aicost_unsched() {
    'builtin' local -i at
    for (( at = $#zsh_scheduled_events; at > 0; at-- )); do
      [[ $zsh_scheduled_events[at] != *:_aicost_tick ]] || 'builtin' sched -$at
    done
  }

  aicost_badge_off() { # the prompt as it was
    'builtin' emulate -L zsh
    'builtin' setopt no_xtrace
    _aicost_unsched
    'builtin' autoload -Uz add-zsh-hook
    add-zsh-hook -d precmd _aicost_prompt
    [[ -z $_aicost_left ]] || PROMPT=${PROMPT/$_aicost_left/}
    [[ -z $_aicost_right ]] || RPROMPT=${RPROMPT/$_aicost_right/}
    [[ -n $_aicost_had_right || -n $RPROMPT ]] || 'builtin' unset RPROMPT RPS1
    (( $#psvar < 61 )) || psvar[61]='' psvar[62]='' psvar[63]='' psvar[64]=''
    while (( $#psvar > 0 )) && [[ -z $psvar[-1] ]]; do psvar[-1]=(); done
    'builtin' unset -m '_aicost_*'
    'builtin' unfunction -m '_aicost_*'
    'builtin' unfunction aicost_badge_off
  }

  _aicost_start() {
    'builtin' emulate -L zsh
    _aicost_hook
    _aicost_unsched
    'builtin' sched +2 _aicost_tick
  }
  _aicost_start
fi
