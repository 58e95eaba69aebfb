# SPDX-License-Identifier: LGPL-2.1-or-later
# Makes timeguard-alerts(7) of a message catalog: awk -v lang=en|fr -v date=DATE -f sentence.awk -f alerts.awk CATALOG

BEGIN {
        print ".\\\" SPDX-License-Identifier: LGPL-2.1-or-later"
        print ".\\\" Made of the message catalog."
        print ".Dd " date "\n.Dt TIMEGUARD-ALERTS 7\n.Os\n.Sh NAME\n.Nm timeguard-alerts"
        if (lang == "fr") {
                print ".Nd alertes de timeguardd, leurs effets et leurs remèdes\n.Sh DESCRIPTION"
                print "Chaque alerte est une entrée du journal quand elle est levée et une autre\nquand elle est close, avec les preuves dans ses champs."
                print ".Ql journalctl -x -u timeguard\nmontre ces textes."
        } else {
                print ".Nd the alerts of timeguardd, what they do and how to mend them\n.Sh DESCRIPTION"
                print "Each alert is one entry of the journal when it is raised and one when it is\ncleared, with the evidence in its fields."
                print ".Ql journalctl -x -u timeguard\nshows these texts."
        }
}

{
        gsub(/@TIMEGUARD_NODE@/, lang == "fr" ? "NŒUD" : "NODE")
        gsub(/@TIMEGUARD_OTHER@/, lang == "fr" ? "AUTRE" : "OTHER")
        gsub(/@TIMEGUARD_SOURCE@/, "SOURCE")
}
/^# [a-z-]+$/ { name = $2; next }
/^#/ { next }
/^-- / { inside = 1; body = 0; next }
!inside { next }
/^Subject: / { print ".Ss " name "\n\\fI" escape(substr($0, 10)) "\\fR"; next }
!body && /^[A-Za-z-]+: / { next }
!body && /^$/ { body = 1; fresh = 1; next }
# from here on it is about the record at hand
/^(This record|Cet enregistrement) ?:/ { inside = 0; next }
/^$/ { print_sentences(paragraph); paragraph = ""; fresh = 1; next }
{
        if (fresh)
                print ".Pp"
        fresh = 0
        paragraph = paragraph (paragraph == "" ? "" : " ") $0
}

END {
        print ".Sh SEE ALSO\n.Xr journalctl 1 ,\n.Xr timeguard 1 ,\n.Xr timeguard.conf 5 ,\n.Xr timeguardd 8"
}
