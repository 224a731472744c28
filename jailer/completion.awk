# Completion of a command line, by the tables with which the program itself parses it.
# Usage: awk -f completion.awk -v shell=bash|zsh -v program=NAME FILE.c...

# an option: {"guest", required_argument, …
match($0, /^    \{"[a-z-]+", (no|optional|required)_argument/) {
    split($0, part, "\"")
    add_option("", "--" part[2], /required_argument/ ? "FILE" : "")
}

# what it takes, as --help has it: --console auto|safe|raw
/^    "/ {
    text = $0
    gsub(/\\n/, "", text)
    while (match(text, /--[a-z-]+ ([^ ",]*[A-Z]|[a-z]+\|)[^ ",]*/)) {
        split(substr(text, RSTART, RLENGTH), part, " ")
        shown[part[1]] = part[2]
        text = substr(text, RSTART + RLENGTH)
    }
}

# a command: {"kill", kill_command, "[--all] ID [SIGNAL]", … on two lines if it is long
/^    \{"[a-z]+", [a-z_]+,( "|$)/ {
    row = $0
    if (/,$/ && !/, "/ && (getline rest) > 0)
        row = row rest
    split(row, part, "\"")
    add_command(part[2], part[4])
}

# a process, of policy/runtime/processes.c
/^ *\.name = "/ {
    split($0, part, "\"")
    processes = processes (processes ? "|" : "") part[2]
}

# An option of a command, or of the program itself, which is "". It has a value if it takes one.
function add_option(command, name, takes) {
    option[command, ++options[command]] = name
    value[command, name] = takes
}

function add_command(name, takes,    word, count, i, bare) {
    command[++commands] = name
    count = split(takes, word, " ")
    for (i = 1; i <= count; i++) {
        bare = without_brackets(word[i])
        if (bare ~ /^--/)
            add_option(name, bare, word[i] ~ /\]$/ ? "" : without_brackets(word[++i]))
        else if (bare != "|")
            operand[name, ++operands[name]] = bare
    }
}

function without_brackets(word) {
    gsub(/[][]/, "", word)
    return word
}

# What a placeholder stands for: a choice, "file", "ID" of a container, "SIGNAL", or "other", which
# only the user knows.
function kind(takes) {
    if (takes ~ /\|/)
        return "choice"
    if (takes ~ /(DIR|DIRECTORY|FIFO|FILE|IMAGE|PATH|PROGRAM|SOCKET)(\.\.\.)?$/)
        return "file"
    if (takes == "SIGNAL" || takes == "ID" && options["list"] > 0)
        return takes
    return "other"
}

function choices(takes) {
    gsub(/\|/, " ", takes)
    return takes
}

function end_of_tables(    i, all) {
    for (i = 1; i <= options[""]; i++)
        if (value["", option["", i]] != "" && option["", i] in shown)
            value["", option["", i]] = shown[option["", i]]
    for (i = 1; i <= commands; i++) {
        all = all (all ? "|" : "") command[i]
        if (operand[command[i], 1] == "PROCESS")
            operand[command[i], 1] = processes
    }
    operand["", operands[""] = 1] = commands > 0 ? all : "FILE..."
}

function bash_words(generated) {
    return "mapfile -t COMPREPLY < <(compgen " generated " -- \"$2\"); return"
}

# The end of a case of bash's. Files are what `complete -o default` offers by itself.
function bash_offer(takes,    of) {
    of["file"] = "return"
    of["other"] = "compopt +o default; return"
    of["choice"] = bash_words("-W '" choices(takes) "'")
    of["SIGNAL"] = bash_words("-A signal -X '!SIG*'")
    of["ID"] = bash_words("-W \"$(\"${words[@]:0:at}\" list --quiet 2>/dev/null)\"")
    return of[kind(takes)]
}

# Finds the command, where it is, and how many operands are behind it.
function bash_position(    i, k, values) {
    for (i = 0; i <= commands; i++)
        for (k = 1; k <= options[command[i]]; k++)
            if (value[command[i], option[command[i], k]] != "")
                values = values (values ? " | " : "") command[i] "," option[command[i], k]
    print "    for ((i = 1; i < ${#words[@]}; i++)); do"
    print "        case $command,${words[i]} in"
    print "        " values ") ((++i)) ;;"
    print "        *,-*) ;;"
    if (commands > 0)
        print "        ,*) command=${words[i]} at=$i ;;"
    print "        *) ((++operand)) ;;"
    print "        esac"
    print "    done"
}

function bash_values(command,    k, takes) {
    for (k = 1; k <= options[command]; k++)
        if ((takes = value[command, option[command, k]]) != "")
            printf "    %s,%s) %s ;;\n", command, option[command, k], bash_offer(takes)
}

function bash_options(command,    k, all) {
    for (k = 1; k <= options[command]; k++)
        all = all (all ? " " : "") option[command, k]
    if (all)
        printf "    %s,-*) %s ;;\n", command, bash_words("-W '" all "'")
}

function bash_operands(command,    k, takes) {
    for (k = 1; k <= operands[command]; k++) {
        takes = operand[command, k]
        printf "    %s,%s) %s ;;\n", command, takes ~ /\.\.\.$/ ? "*" : k, bash_offer(takes)
    }
}

function bash(    i, identifier) {
    identifier = program
    gsub(/-/, "_", identifier)
    printf "_%s()\n{\n", identifier
    print "    local words=() command='' at operand=1 i\n\n    COMPREPLY=()"
    print "    for ((i = 0; i < COMP_CWORD; i++)); do # --option=value is three words to bash"
    print "        [[ ${COMP_WORDS[i]} == = ]] || words+=(\"${COMP_WORDS[i]}\")"
    print "    done"
    print "    [[ $2 != = ]] || set -- \"$1\" ''"
    bash_position()
    print "    case $command,${words[-1]} in"
    for (i = 0; i <= commands; i++)
        bash_values(command[i])
    print "    esac\n    case $command,$2 in"
    for (i = 0; i <= commands; i++)
        bash_options(command[i])
    print "    esac\n    case $command,$operand in"
    for (i = 0; i <= commands; i++)
        bash_operands(command[i])
    print "    esac\n    compopt +o default\n}"
    printf "complete -o default -F _%s %s\n", identifier, program
}

function zsh_offer(takes,    of) {
    of["file"] = "_files"
    of["other"] = " "
    of["choice"] = "(" choices(takes) ")"
    of["SIGNAL"] = "_signals"
    of["ID"] = "($($with_options list --quiet 2>/dev/null))"
    return of[kind(takes)]
}

function zsh_arguments(command,    k, takes) {
    printf "_arguments -S"
    for (k = 1; k <= options[command]; k++) {
        takes = value[command, option[command, k]]
        printf " \\\n    '*%s%s'", option[command, k], takes == "" ? "" : \
            "=:" substr(option[command, k], 3) ":" zsh_offer(takes)
    }
    for (k = 1; k <= operands[command]; k++) {
        takes = operand[command, k]
        printf " \\\n    '%s:%s:%s'", takes ~ /\.\.\.$/ ? "*" : k, \
            kind(takes) == "choice" ? "name" : takes, zsh_offer(takes)
    }
}

function zsh(    i) {
    print "#compdef " program
    if (commands == 0) {
        zsh_arguments("")
        print ""
        return
    }
    print "local curcontext=$curcontext state line"
    print "local -a with_options=($words[1])"
    print "local -A opt_args"
    zsh_arguments("")
    print " \\\n    '*:: :->behind' && return"
    print "[[ -z $opt_args[--root] ]] || with_options+=(--root $opt_args[--root])"
    print "case $words[1] in"
    for (i = 1; i <= commands; i++) {
        print command[i] ")"
        zsh_arguments(command[i])
        print "\n    ;;"
    }
    print "esac"
}

END {
    end_of_tables()
    if (shell == "bash")
        bash()
    else
        zsh()
}
