/** Scripts that ask `mqdyn complete` at every TAB. `:files` and `:folders` in its answer leave it to the shell. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

const BASH = `# mqdyn completion for bash: eval "$(mqdyn autocomplete bash)"
_mqdyn_complete() {
  local typed="\${COMP_WORDS[COMP_CWORD]}" word about
  [ "$typed" = = ] && typed=
  COMPREPLY=()
  while IFS=$'\\t' read -r word about; do
    case "$word" in
      :files) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$typed") ;;
      :folders) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$typed") ;;
      *) COMPREPLY+=("$word") ;;
    esac
  done < <(mqdyn complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _mqdyn_complete mqdyn
`;

const ZSH = `#compdef mqdyn
# mqdyn completion for zsh: eval "$(mqdyn autocomplete zsh)", after compinit
_mqdyn() {
  local -a answers candidates
  local answer
  answers=("\${(@f)$(mqdyn complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for answer in $answers; do
    case "$answer" in
      :files) _files ;;
      :folders) _files -/ ;;
      *$'\\t'*) candidates+=("\${\${answer%%$'\\t'*}//:/\\\\:}:\${answer#*$'\\t'}") ;;
      ?*) candidates+=("\${answer//:/\\\\:}") ;;
    esac
  done
  (( $#candidates )) && _describe mqdyn candidates
}
compdef _mqdyn mqdyn
`;

const FISH = `# mqdyn completion for fish: mqdyn autocomplete fish | source
function __mqdyn_complete
  set -l typed (commandline -ct)
  set -l before (commandline -opc)
  for answer in (mqdyn complete -- $before[2..-1] "$typed" 2>/dev/null)
    switch $answer
      case :files
        __fish_complete_path "$typed"
      case :folders
        __fish_complete_directories "$typed"
      case '*'
        echo $answer
    end
  end
end
complete -c mqdyn -f -a '(__mqdyn_complete)'
`;

export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
