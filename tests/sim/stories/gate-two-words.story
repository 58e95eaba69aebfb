# SPDX-License-Identifier: LGPL-2.1-or-later
story Two administrators give different words on two nodes in the same instant: all nodes take the hold
set gate.mode enforce
ha whole
at 50s gate-release n1
at 50s gate-hold n3
at 100s gate-release n3
at 100s gate-hold n1
from 52s to 99s gate held
from 102s to 150s gate held
