/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every row of the table of options: defaults, edges, what lies beyond them, texts there and back, the fingerprint. */
#include <errno.h>

#include <timeguard/gate.h>

#include "option_value.h"
#include "property.h"

static const struct tg_option *table(size_t *n)
{
        return tg_option_table(n);
}

static void set(struct tg_options *options, const char *name, const char *value)
{
        char error[TG_OPTION_ERROR_MAX] = "";

        if (tg_options_set(options, name, value, error))
                fail_msg("%s = %s: %s", name, value, error);
}

/* The value is refused, the error names it and what is allowed, and nothing changes. */
static void refuse(const struct tg_option *option, const char *value)
{
        struct tg_options options, before;
        char error[TG_OPTION_ERROR_MAX] = "", allowed[TG_OPTION_ERROR_MAX], head[24];

        tg_options_default(&options);
        before = options;
        if (tg_options_set(&options, option->name, value, error) != -EINVAL)
                fail_msg("%s = %s was taken", option->name, value);
        assert_memory_equal(&options, &before, sizeof options);
        assert_non_null(strstr(error, tg_option_allowed(option, allowed, sizeof allowed)));
        snprintf(head, sizeof head, "'%.20s", value);
        assert_non_null(strstr(error, head));
}

static void value_text(const struct tg_option *option, int64_t value, char *buf, size_t size)
{
        if (option->type == TG_OPTION_DURATION)
                snprintf(buf, size, "%lldns", (long long)value);
        else
                snprintf(buf, size, option->type == TG_OPTION_MODE ? "0%llo" : "%lld", (long long)value);
}

static bool is_number(const struct tg_option *option)
{
        return option->type == TG_OPTION_DURATION || option->type == TG_OPTION_INTEGER || option->type == TG_OPTION_MODE;
}

static void defaults_are_their_texts(void **state)
{
        struct tg_options options, again;
        size_t n;

        (void)state;
        tg_options_default(&options);
        memset(&again, 0, sizeof again);
        for (size_t i = 0; i < (table(&n), n); i++) {
                const struct tg_option *option = &table(&n)[i];
                char text[256], other[256];

                assert_ptr_equal(tg_option_find(option->name), option);
                tg_options_text(&options, option, text, sizeof text);
                if (text[0])
                        set(&again, option->name, text);
                assert_string_equal(tg_options_text(&again, option, other, sizeof other), text);
                /* as an administrator would write it */
                if (option->type != TG_OPTION_DURATION)
                        assert_string_equal(text, option->fallback);
        }
        assert_memory_equal(&options, &again, sizeof options);
        assert_int_equal(options.budget_ns, TG_NS_PER_S);
        assert_int_equal(options.status_mode, 0666);
        assert_null(tg_option_find("budgets"));
}

static void edges_are_allowed_and_no_more(void **state)
{
        size_t n;

        (void)state;
        for (size_t i = 0; i < (table(&n), n); i++) {
                const struct tg_option *option = &table(&n)[i];
                const int64_t good[] = { option->min, option->max }, bad[] = { option->min - 1, option->max + 1 };
                struct tg_options options;
                char text[64];

                if (!is_number(option))
                        continue;
                for (int k = 0; k < 2; k++) {
                        tg_options_default(&options);
                        value_text(option, good[k], text, sizeof text);
                        set(&options, option->name, text);
                        assert_true(*(int64_t *)(void *)((char *)&options + option->offset) == good[k]);
                        value_text(option, bad[k], text, sizeof text);
                        refuse(option, text);
                }
        }
}

static void no_text_that_is_no_value(void **state)
{
        static const char *const bad[] = { "",
                                           " ",
                                           "x",
                                           "-1",
                                           "+5",
                                           "1e3",
                                           "0x10",
                                           "5 apples",
                                           "nan",
                                           "inf",
                                           "1 s s",
                                           "99999999999999999999999999",
                                           "99999999999999999999999d" };
        size_t n;

        (void)state;
        for (size_t i = 0; i < (table(&n), n); i++)
                for (size_t k = 0; k < COUNT_OF(bad); k++)
                        if (is_number(&table(&n)[i]) || table(&n)[i].type == TG_OPTION_BOOL)
                                refuse(&table(&n)[i], bad[k]);
        refuse(tg_option_find("budget"), "1000000000"); /* no unit */
}

static void unknown_options(void **state)
{
        struct tg_options options, before;
        char error[TG_OPTION_ERROR_MAX] = "";

        (void)state;
        tg_options_default(&options);
        before = options;
        assert_int_equal(tg_options_set(&options, "Budget", "1s", error), -ENOENT);
        assert_true(strlen(error) > 0);
        assert_memory_equal(&options, &before, sizeof options);
}

static void paths_and_words(void **state)
{
        static const char *const yes[] = { "yes", "TRUE", "on", "1" }, *const no[] = { "no", "False", "off", "0" };
        const struct tg_option *path = tg_option_find("status.socket");
        struct tg_options options;
        char text[TG_PATH_MAX + 1];

        (void)state;
        memset(text, 'a', sizeof text);
        text[0] = '/';
        text[TG_PATH_MAX] = 0;
        refuse(path, text);
        refuse(path, "run/timeguard.sock");
        refuse(path, "");
        text[TG_PATH_MAX - 1] = 0;
        tg_options_default(&options);
        set(&options, path->name, text);
        assert_string_equal(options.status_socket, text);
        for (int i = 0; i < 4; i++) {
                set(&options, "journal", no[i]);
                assert_false(options.journal);
                set(&options, "journal", yes[i]);
                assert_true(options.journal);
        }
}

/* They stand in the option's row, in files and in documents: none may say another one's word. */
static void backends_have_one_word_each(void **state)
{
        struct tg_options options;
        int n = 0;

        (void)state;
        tg_options_default(&options);
        for (; tg_gate_backend_words[n]; n++) {
                set(&options, "gate.backend", tg_gate_backend_words[n]);
                assert_int_equal(options.gate_backend, n);
        }
        assert_int_equal(n, tg_option_find("gate.backend")->max + 1);
}

static void durations_there_and_back(void **state)
{
        struct property p = property_begin(50000, 200);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                static const int64_t units[] = { 1,           TG_NS_PER_US,     TG_NS_PER_MS,
                                                 TG_NS_PER_S, 60 * TG_NS_PER_S, 3600 * TG_NS_PER_S };
                int64_t unit = units[random_below(&r, COUNT_OF(units))], back;
                int64_t ns = random_size(&r, (INT64_C(1) << 52) / unit) * unit; /* a double holds it, and its half */
                char text[64];

                assert_int_equal(tg_duration_parse(tg_duration_text(ns, text, sizeof text), &back), 0);
                assert_true(back == ns);
        }
}

static void known_durations(void **state)
{
        static const struct {
                const char *text;
                int64_t ns;
        } cases[] = { { "0", 0 },
                      { "0.0", 0 },
                      { "0s", 0 },
                      { "1.5s", 1500000000 },
                      { "1.5 s", 1500000000 },
                      { "0.1s", 100000000 },
                      { "500ms", 500000000 },
                      { "50us", 50000 },
                      { "7ns", 7 },
                      { "2h", 7200000000000 },
                      { "3min", 180000000000 },
                      { "3m", 180000000000 },
                      { "1d", 86400000000000 },
                      { "0.4ns", 0 },
                      { "0.0005ms", 500 },
                      { "1.001s", 1001000000 }, /* which has no exact double */
                      { "8.2ms", 8200000 } };
        static const char *const bad[] = { "",    "s",  "1",  "1.",  ".5s",  "1.2.3s", "1,5s",
                                           "-1s", "1S", "1 ", " 1s", "1sec", "1e3s",   "0x1s" };
        char text[32];

        (void)state;
        for (size_t i = 0; i < COUNT_OF(cases); i++) {
                int64_t ns = -1;

                if (tg_duration_parse(cases[i].text, &ns) || ns != cases[i].ns)
                        fail_msg("%s is %lld", cases[i].text, (long long)ns);
        }
        for (size_t i = 0; i < COUNT_OF(bad); i++) {
                int64_t ns = -7;

                if (tg_duration_parse(bad[i], &ns) != -EINVAL || ns != -7)
                        fail_msg("'%s'", bad[i]);
        }
        assert_string_equal(tg_duration_text(1500 * TG_NS_PER_MS, text, sizeof text), "1500ms");
        assert_string_equal(tg_duration_text(3600 * TG_NS_PER_S, text, sizeof text), "1h");
        assert_string_equal(tg_duration_text(0, text, sizeof text), "0s");
}

TESTS_MAIN(TEST(defaults_are_their_texts), TEST(edges_are_allowed_and_no_more), TEST(no_text_that_is_no_value),
           TEST(unknown_options), TEST(paths_and_words), TEST(backends_have_one_word_each), TEST(durations_there_and_back),
           TEST(known_durations))
