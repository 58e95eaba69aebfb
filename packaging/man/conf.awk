# SPDX-License-Identifier: LGPL-2.1-or-later
# Makes timeguard.conf(5) of the sample configuration: awk -v date=DATE -f sentence.awk -f conf.awk timeguard.conf

BEGIN {
        print ".\\\" SPDX-License-Identifier: LGPL-2.1-or-later"
        print ".\\\" Made of the sample configuration."
        print ".Dd " date "\n.Dt TIMEGUARD.CONF 5\n.Os\n.Sh NAME\n.Nm timeguard.conf\n.Nd configuration of timeguardd\n.Sh DESCRIPTION"
        head = 1
        first = 1
}

function finish(    i)
{
        if (!keys)
                return
        for (i = 1; i <= keys; i++)
                print ".It Va " key[i] " Pq Ql " value[i]
        print_sentences(comment)
        keys = 0
        comment = ""
}

# The head of the file: what it is, and its syntax.
head && /^#/ { sub(/^# ?/, ""); text = text (text == "" ? "" : " ") $0; if ($0 == "") { print_sentences(text); text = ""; print ".Pp" } next }
head && /^$/ {
        print_sentences(text)
        print ".Sh OPTIONS\nEach is given with its default, or with an example where it has none.\n.Bl -tag -width Ds"
        head = 0
        next
}
/^\[/ {
        finish()
        print ".El\n.Ss Section \\&" $0 "\n.Bl -tag -width Ds"
        next
}
/^#[a-z_]+ = / { match($0, / = /); key[++keys] = substr($0, 2, RSTART - 2); value[keys] = substr($0, RSTART + 3); next }
/^#  / { next } # a list goes on
/^# / { finish(); sub(/^# /, ""); comment = comment (comment == "" ? "" : " ") $0; next }
/^$/ { finish() }

END {
        finish()
        print ".El\n.Sh SEE ALSO\n.Xr chrony.conf 5 ,\n.Xr timeguard-alerts 7 ,\n.Xr timeguardd 8"
}
