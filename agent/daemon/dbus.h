/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.timeguard1 on the system bus: the gate's state for everybody to read, and an administrator's word about it from root.

     object /org/timeguard1, interface org.timeguard1.Gate
     Hold(u seconds)  nothing is closed for so long; 4294967295: until Release. What is closed stays so
     Close(u seconds) the cluster's gate is closed, whatever the clocks and gate.mode say, and stays so for so long
     Release()        ends hold or closing; without one, and for the latter: what is closed may open as soon as all is proven well
     Test()           reads the HA stack anew, and nothing else; what was found is in the status document
     LetPass()        from 'timeguard wait': this node starts its HA services without proof; an alert says so until there is one
     StateChanged(s state, s why)

   Methods are for root alone, by the bus's policy and once more by the sender's uid. Readers who ask too often are refused (dbus_readers.h).
   Nothing here blocks. */
#pragma once

struct tg_agent;
struct tg_bus;
struct tg_dbus;

/* Returns 0 or -errno; *out is set only on success. A bus or name that cannot be had is said once and waited for. */
int tg_dbus_new(struct tg_dbus **out, struct tg_agent *agent, struct tg_bus *bus);
/* Accepts NULL, returns NULL. To be called before the bus is freed. */
struct tg_dbus *tg_dbus_free(struct tg_dbus *dbus);

/* Once a second: tells what has changed, and asks again for a name that was refused. */
void tg_dbus_tick(struct tg_dbus *dbus);
