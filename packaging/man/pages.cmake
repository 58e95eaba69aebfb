# SPDX-License-Identifier: LGPL-2.1-or-later
# Manual pages. What the catalogs and the sample configuration say is made into pages of it, so that it is written once.
set(TG_MAN_DATE "November 22, 2026")
set(TG_MAN ${CMAKE_CURRENT_SOURCE_DIR}/packaging/man)
find_program(TG_AWK NAMES awk REQUIRED)

# tg_page(PAGE SCRIPT SOURCE VARIABLE...): PAGE below the build directory, by an awk script
function(tg_page page script source)
        list(TRANSFORM ARGN PREPEND "-v;" OUTPUT_VARIABLE variables)
        add_custom_command(OUTPUT ${page}
                COMMAND ${CMAKE_COMMAND} -E env LC_ALL=C ${TG_AWK} ${variables} -v "date=${TG_MAN_DATE}" -f ${TG_MAN}/sentence.awk -f ${TG_MAN}/${script} ${source} > ${page}
                DEPENDS ${TG_MAN}/sentence.awk ${TG_MAN}/${script} ${source}
                COMMAND_EXPAND_LISTS VERBATIM)
endfunction()

set(TG_PAGES ${CMAKE_CURRENT_BINARY_DIR}/man)
file(MAKE_DIRECTORY ${TG_PAGES}/fr)
tg_page(${TG_PAGES}/timeguard.conf.5 conf.awk ${CMAKE_CURRENT_SOURCE_DIR}/packaging/timeguard.conf)
tg_page(${TG_PAGES}/timeguard-alerts.7 alerts.awk ${CMAKE_CURRENT_SOURCE_DIR}/packaging/catalog/timeguard.catalog lang=en)
tg_page(${TG_PAGES}/fr/timeguard-alerts.7 alerts.awk ${CMAKE_CURRENT_SOURCE_DIR}/packaging/catalog/timeguard.fr.catalog lang=fr)
add_custom_target(man ALL DEPENDS ${TG_PAGES}/timeguard.conf.5 ${TG_PAGES}/timeguard-alerts.7 ${TG_PAGES}/fr/timeguard-alerts.7)

install(FILES ${TG_MAN}/timeguard.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${TG_PAGES}/timeguard.conf.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES ${TG_PAGES}/timeguard-alerts.7 DESTINATION ${CMAKE_INSTALL_MANDIR}/man7)
install(FILES ${TG_PAGES}/fr/timeguard-alerts.7 DESTINATION ${CMAKE_INSTALL_MANDIR}/fr/man7)
install(FILES ${TG_MAN}/timeguardd.8 ${TG_MAN}/timeguard-gate.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
