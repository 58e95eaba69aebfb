/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The screen again and again. On a terminal each one is drawn over the one before; nothing of the terminal is changed (no
   alternate screen, no hidden cursor, no modes), so there is nothing to restore however the program ends. Elsewhere, and on a terminal
   that knows no sequences, screens follow each other. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "instant.h"
#include "watch.h"
#include <timeguard/limits.h>

static bool can_redraw(void)
{
        const char *term = getenv("TERM");

        return isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

/* Lines that stay within the height, each with the rest of its line cleared, then the rest of the screen. The cursor's own line stays
   free, or the terminal would scroll. */
static void redraw(const struct tg_page *page, const char *text)
{
        int lines = page->height > 1 ? page->height - 1 : 1000;

        fputs("\033[H", stdout);
        while (*text && lines-- > 0) {
                size_t len = strcspn(text, "\n");

                fwrite(text, 1, len, stdout);
                fputs("\033[K\n", stdout);
                text += len + (text[len] == '\n');
        }
        fputs("\033[J", stdout);
}

/* One screen, whole before any of it is written; complaints stand on it too. */
static enum tg_exit draw(const struct tg_request *request, bool over)
{
        struct tg_page page = { 0 };
        enum tg_exit code;
        char *text = NULL;
        size_t len;

        tg_page_probe(&page);
        page.out = open_memstream(&text, &len);
        if (!page.out)
                return TG_EXIT_OUTPUT;
        if (request->json) {
                code = tg_screen_show(request, &page, stderr);
        } else {
                struct timespec now;
                char instant[TG_INSTANT_MAX];

                clock_gettime(CLOCK_REALTIME, &now);
                tg_page_prose(&page, 2, TG_INK_PLAIN, "", "Every %d s, asked %s", request->watch_s,
                              tg_instant_local(now.tv_sec * TG_NS_PER_S, instant));
                tg_page_gap(&page);
                code = tg_screen_show(request, &page, page.out);
                if (!over)
                        tg_page_gap(&page);
        }
        if (fclose(page.out) != 0)
                code = TG_EXIT_OUTPUT;
        else if (over && !request->json)
                redraw(&page, text);
        else
                fputs(text, stdout);
        free(text);
        return fflush(stdout) == 0 ? code : TG_EXIT_OUTPUT;
}

/* True when it is time for another screen, false when a signal says stop. A new size of the terminal is a time too. */
static bool pause_until_next(int fd, int seconds)
{
        struct pollfd pollfd = { .fd = fd, .events = POLLIN };
        struct signalfd_siginfo info;

        if (poll(&pollfd, 1, seconds * 1000) <= 0 || read(fd, &info, sizeof info) != (ssize_t)sizeof info)
                return true;
        return info.ssi_signo == SIGWINCH;
}

enum tg_exit tg_watch(const struct tg_request *request)
{
        const bool over = can_redraw();
        enum tg_exit code;
        sigset_t signals;
        int fd;

        sigemptyset(&signals);
        sigaddset(&signals, SIGINT);
        sigaddset(&signals, SIGTERM);
        sigaddset(&signals, SIGWINCH);
        if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0 || (fd = signalfd(-1, &signals, SFD_CLOEXEC)) < 0) {
                fprintf(stderr, "timeguard: cannot wait for signals: %s\n", strerror(errno));
                return TG_EXIT_OUTPUT;
        }
        if (over && !request->json)
                fputs("\033[2J", stdout);
        do
                code = draw(request, over);
        while (code != TG_EXIT_OUTPUT && pause_until_next(fd, request->watch_s));
        close(fd);
        return code;
}
