/** What can stand after a command: its own commands, options, and for options and arguments what they take. */
export interface Completion {
  /** `fogd host show`. */
  readonly path: string;
  readonly commands: readonly string[];
  readonly options: readonly string[];
  /** Options that take a value. */
  readonly values: ReadonlyArray<{ readonly names: readonly string[]; readonly takes: Takes }>;
  readonly arguments: ReadonlyArray<{ readonly takes: Takes; readonly isLast: boolean }>;
}

/** Fixed words, names that the daemon lists, files, or anything. */
export type Takes =
  | { readonly words: readonly string[] }
  | { readonly list: string; readonly field: 'name' | 'id' | 'address' | 'version' }
  | 'files'
  | undefined;

/** The script for a shell. Both ask the same functions, which are in words that bash and zsh read alike. */
export function completionScript(shell: 'bash' | 'zsh', all: readonly Completion[]): string {
  const core = [
    table(
      '_fogd_commands',
      'commands after a command',
      all.map((one) => [quote(one.path), words(one.commands)]),
    ),
    table(
      '_fogd_options',
      'its options',
      all.map((one) => [quote(one.path), words(one.options)]),
    ),
    table(
      '_fogd_value',
      'what an option takes',
      all.flatMap(({ path, values }) =>
        values.map(({ names, takes }) => [
          names.map((name) => quote(`${path} ${name}`)).join(' | '),
          takes === undefined ? '' : source(takes),
        ]),
      ),
    ),
    table(
      '_fogd_valued',
      'its options that take a value',
      all.map(({ path, values }) => [quote(path), words(values.flatMap(({ names }) => names))]),
    ),
    table(
      '_fogd_argument',
      'what the argument with a number takes',
      all.flatMap((one) =>
        one.arguments.flatMap(({ takes, isLast }, index): Array<[string, string]> => {
          const at = quote(`${one.path} ${index + 1}`);
          const further = isLast ? ` | ${quote(`${one.path} `)}[${index + 1}-9]*` : '';
          return takes === undefined ? [] : [[`${at}${further}`, source(takes)]];
        }),
      ),
    ),
    CORE,
  ].join('\n');
  return shell === 'bash' ? `${HEAD}\n${core}${BASH}` : `#compdef fogd\n${HEAD}\n${core}${ZSH}`;
}

const HEAD = '# Completion for fogd, made by "fogd completion".\n';

/** A function that answers for a word, which it looks for among patterns. */
function table(name: string, what: string, rows: ReadonlyArray<readonly string[]>): string {
  const cases = rows
    .filter(([, answer]) => answer !== '')
    .map(([pattern, answer]) => `    ${pattern}) ${answer} ;;`);
  return `# ${what}\n${name}() {\n  case $1 in\n${cases.join('\n')}\n  esac\n}\n`;
}

const words = (list: readonly string[]) =>
  list.length === 0 ? '' : `printf '%s\\n' ${list.map(quote).join(' ')}`;

/** One word of a shell. */
const quote = (text: string) => (/^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

function source(takes: NonNullable<Takes>): string {
  if (takes === 'files') return 'echo @files';
  return 'words' in takes ? words(takes.words) : `_fogd_list ${takes.list} ${takes.field}`;
}

/**
 * Names come from `fogd NOUN list --json`: one field a line, four spaces before it. Names with a quote or a backslash in JSON are left out, and
 * what does not answer at once is no completion.
 */
const CORE = `
# Names that fogd knows, without a word when it does not run
_fogd_list() {
  timeout 2 "$_fogd_program" "$1" list \${_fogd_state:+"--state=$_fogd_state"} --json 2>/dev/null </dev/null |
    sed -n 's/^    "'"$2"'": "\\{0,1\\}\\([^"\\\\]*[^",\\\\]\\)"\\{0,1\\},\\{0,1\\}$/\\1/p'
}

_fogd_has() {
  case "
$1
" in
    *"
$2
"*) return 0 ;;
  esac
  return 1
}

# $1: the word that is being typed; then the words before it, from the program on. Prints what may stand there, one a line
_fogd_candidates() {
  local typed=$1 at=fogd number=1 pending= only_arguments= word
  _fogd_program=$2 _fogd_state=
  shift 2
  for word in "$@"; do
    if [ -n "$pending" ]; then
      # bash takes --state=/x for three words.
      [ "$word" != = ] || continue
      [ "$pending" != --state ] || _fogd_state=$word
      pending=
    elif [ -n "$only_arguments" ]; then
      number=$((number + 1))
    else
      case $word in
        --) only_arguments=yes ;;
        --state=*) _fogd_state=\${word#--state=} ;;
        -*) if _fogd_has "$(_fogd_valued "$at")" "$word"; then pending=$word; fi ;;
        *)
          if _fogd_has "$(_fogd_commands "$at")" "$word"; then
            at="$at $word" number=1
          else
            number=$((number + 1))
          fi
          ;;
      esac
    fi
  done
  if [ -n "$pending" ]; then
    _fogd_value "$at $pending"
  elif [ -z "$only_arguments" ] && [ "\${typed#-}" != "$typed" ]; then
    _fogd_options "$at"
  else
    [ "$number" != 1 ] || _fogd_commands "$at"
    _fogd_argument "$at $number"
  fi
}
`;

const BASH = `
_fogd() {
  local typed=\${COMP_WORDS[COMP_CWORD]} candidate
  COMPREPLY=()
  [ "$typed" != = ] || typed=
  while IFS= read -r candidate; do
    case $candidate in
      @files) compopt -o default 2>/dev/null ;;
      "$typed"*) COMPREPLY+=("$(printf %q "$candidate")") ;;
    esac
  done < <(_fogd_candidates "$typed" "\${COMP_WORDS[@]:0:COMP_CWORD}")
}
complete -F _fogd fogd
`;

const ZSH = `
_fogd() {
  local -a found
  local candidate
  for candidate in "\${(@f)$(_fogd_candidates "\${words[CURRENT]}" "\${(@)words[1,CURRENT-1]}")}"; do
    case $candidate in
      @files) _files ;;
      '') ;;
      *) found+=("$candidate") ;;
    esac
  done
  (( ! \${#found} )) || compadd -- "\${found[@]}"
}
if [ "\${funcstack[1]-}" = _fogd ]; then _fogd "$@"; else compdef _fogd fogd; fi
`;
