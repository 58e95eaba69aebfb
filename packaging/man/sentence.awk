# SPDX-License-Identifier: LGPL-2.1-or-later
# Text for mdoc: shared by what makes manual pages of the catalogs and of the sample configuration.

function escape(line)
{
        gsub(/\\/, "\\e", line)
        if (line ~ /^[.']/)
                line = "\\&" line
        return line
}

# Each sentence on a line of its own, and no line longer than 72 bytes.
function print_sentences(text,    at, line, words, n, i)
{
        while (text != "") {
                at = match(text, /[.!?] [^a-z0-9(]/)
                line = at ? substr(text, 1, at) : text
                text = at ? substr(text, at + 2) : ""
                n = split(line, words, " ")
                line = words[1]
                for (i = 2; i <= n; i++)
                        if (length(line) + length(words[i]) > 70) {
                                print escape(line)
                                line = words[i]
                        } else {
                                line = line " " words[i]
                        }
                print escape(line)
        }
}
