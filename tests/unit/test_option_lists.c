/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options that are lists or sets, and the fingerprint over all options that a cluster shares. */
#include <errno.h>

#include <timeguard/options.h>

#include "property.h"

static int try(struct tg_options *options, const char *name, const char *value)
{
        char error[TG_OPTION_ERROR_MAX];

        return tg_options_set(options, name, value, error);
}

static void must_refuse(const char *name, const char *first, const char *value)
{
        struct tg_options options, before;

        tg_options_default(&options);
        if (first)
                assert_int_equal(try(&options, name, first), 0);
        before = options;
        if (try(&options, name, value) != -EINVAL)
                fail_msg("%s = %s was taken", name, value);
        assert_memory_equal(&options, &before, sizeof options);
}

static void matches_are_read(void **state)
{
        struct tg_options options;
        const struct tg_source_match_list *list = &options.source_allow;
        char text[256];

        (void)state;
        tg_options_default(&options);
        assert_int_equal(try(&options, "source.allow", "10.0.0.254,\t192.168.0.0/16  ntp.example.org"), 0);
        assert_int_equal(try(&options, "source.allow", " refclock:PPS0 fd00::/8 "), 0);
        assert_int_equal(list->n, 5);
        assert_int_equal(list->entries[0].prefix.length, 32);
        assert_int_equal(list->entries[1].prefix.length, 16);
        assert_int_equal(list->entries[2].prefix.addr.family, TG_ADDR_NONE);
        assert_string_equal(list->entries[2].name, "ntp.example.org");
        assert_int_equal(list->entries[3].prefix.addr.family, TG_ADDR_REFCLOCK);
        assert_int_equal(list->entries[4].prefix.addr.family, TG_ADDR_IPV6);
        assert_string_equal(tg_options_text(&options, tg_option_find("source.allow"), text, sizeof text),
                            "10.0.0.254/32 192.168.0.0/16 ntp.example.org refclock:PPS0 fd00::/8");
        assert_int_equal(try(&options, "source.allow", ""), 0);
        assert_int_equal(list->n, 5);
}

static void sets_are_read(void **state)
{
        struct tg_options options;
        const struct tg_source_set_list *list = &options.source_alias;
        char text[256];

        (void)state;
        tg_options_default(&options);
        assert_int_equal(try(&options, "source.alias", "10.0.0.254 10.1.0.254"), 0);
        assert_int_equal(try(&options, "source.alias", "fd00::1, 10.2.0.254 refclock:PPS0"), 0);
        assert_int_equal(list->n, 5);
        assert_int_equal(list->n_sets, 2);
        assert_int_equal(list->entries[1].set, 0);
        assert_int_equal(list->entries[2].set, 1);
        assert_int_equal(list->entries[4].set, 1);
        assert_string_equal(tg_options_text(&options, tg_option_find("source.alias"), text, sizeof text),
                            "10.0.0.254 10.1.0.254 | fd00::1 10.2.0.254 refclock:PPS0");
        assert_int_equal(try(&options, "source.alias", " "), 0);
        assert_int_equal(list->n_sets, 2);
}

static void bad_lists_change_nothing(void **state)
{
        char many[TG_OPTION_LIST_MAX * 16 + 32] = "", name[TG_NAME_MAX + 1];

        (void)state;
        for (int i = 0; i <= TG_OPTION_LIST_MAX; i++)
                snprintf(many + strlen(many), sizeof many - strlen(many), "10.0.0.%d ", i);
        must_refuse("source.allow", NULL, many);
        must_refuse("source.alias", NULL, many);
        *strrchr(many, '1') = 0; /* "10.0.0.32 ": one less is allowed */
        *strrchr(many, '1') = 0;
        *strrchr(many, ' ') = 0;
        must_refuse("source.allow", "10.0.0.254 n1 n2", many);
        must_refuse("source.allow", "n1", "10.0.0.1/8");
        must_refuse("source.allow", "n1", "ntp.example.org bad|name");
        must_refuse("source.allow", "n1", "10.0.0.256");
        memset(name, 'a', sizeof name);
        name[TG_NAME_MAX] = 0;
        must_refuse("source.allow", NULL, name);
        must_refuse("source.group", "10.0.0.1 10.0.0.2", "10.0.0.3");
        must_refuse("source.group", "10.0.0.1 10.0.0.2", "10.0.0.3 10.0.0.1");
        must_refuse("source.group", NULL, "10.0.0.3 10.0.0.3");
        must_refuse("source.group", NULL, "10.0.0.0/24 10.0.0.3");
        must_refuse("source.group", NULL, "10.0.0.3 ntp.example.org");
}

static void a_list_may_be_full(void **state)
{
        struct tg_options options;
        char entry[32];

        (void)state;
        tg_options_default(&options);
        for (int i = 0; i < TG_OPTION_LIST_MAX; i++) {
                snprintf(entry, sizeof entry, "10.0.0.%d", i);
                assert_int_equal(try(&options, "source.allow", entry), 0);
        }
        for (int i = 0; i < TG_OPTION_LIST_MAX; i += 2) {
                snprintf(entry, sizeof entry, "10.0.0.%d 10.0.0.%d", i, i + 1);
                assert_int_equal(try(&options, "source.group", entry), 0);
        }
        assert_int_equal(options.source_group.n_sets, TG_OPTION_LIST_MAX / 2);
        assert_int_equal(try(&options, "source.allow", "n1"), -EINVAL);
}

static void random_entry(struct tg_random *r, bool set, uint32_t unlike, char out[static 96])
{
        char word[12];

        random_word(r, word, 10);
        switch (random_below(r, set ? 3 : 5)) {
        case 0:
                snprintf(out, 96, "10.%u.0.%u", unlike, random_below(r, 256));
                break;
        case 1:
                snprintf(out, 96, "fd00:%x::%x", unlike, random_below(r, 65536));
                break;
        case 2:
                snprintf(out, 96, "refclock:X%u", unlike);
                break;
        case 3:
                snprintf(out, 96, "10.%u.%u.0/24", unlike, random_below(r, 256));
                break;
        default:
                snprintf(out, 96, "n%s.%u.example", word, unlike);
        }
}

static void set_random(struct tg_random *r, struct tg_options *options, const struct tg_option *option)
{
        bool set = option->type == TG_OPTION_SETS;
        uint32_t lines = random_below(r, set ? 5 : 3), unlike = 0;
        char line[1024], entry[96];

        for (uint32_t i = 0; i < lines; i++) {
                uint32_t n = 2 + random_below(r, 4);

                line[0] = 0;
                for (uint32_t k = 0; k < n; k++) {
                        random_entry(r, set, unlike++, entry);
                        snprintf(line + strlen(line), sizeof line - strlen(line), "%s%s", random_chance(r, 50) ? " , " : "\t",
                                 entry);
                }
                assert_int_equal(try(options, option->name, line), 0);
        }
}

static void give_back(struct tg_options *to, const struct tg_option *option, char *text)
{
        char *rest = NULL;

        if (option->type != TG_OPTION_SETS) {
                assert_int_equal(try(to, option->name, text), 0);
                return;
        }
        for (char *line = strtok_r(text, "|", &rest); line; line = strtok_r(NULL, "|", &rest))
                assert_int_equal(try(to, option->name, line), 0);
}

static void lists_there_and_back(void **state)
{
        static const char *const names[] = { "source.allow", "source.alias", "source.group" };
        struct property p = property_begin(3000, 300);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                struct tg_options options, back;

                tg_options_default(&options);
                tg_options_default(&back);
                for (size_t i = 0; i < COUNT_OF(names); i++) {
                        const struct tg_option *option = tg_option_find(names[i]);
                        char text[4096];

                        set_random(&r, &options, option);
                        give_back(&back, option, (char *)tg_options_text(&options, option, text, sizeof text));
                }
                assert_memory_equal(&options, &back, sizeof options);
                assert_true(tg_options_fingerprint(&options) == tg_options_fingerprint(&back));
        }
}

static void change(struct tg_random *r, struct tg_options *options, const struct tg_option *option)
{
        void *field = (char *)options + option->offset;
        char set[96];

        switch (option->type) {
        case TG_OPTION_BOOL:
                *(bool *)field ^= true;
                break;
        case TG_OPTION_PATH:
                strcpy(field, strcmp(field, "/elsewhere") ? "/elsewhere" : "/nowhere");
                break;
        case TG_OPTION_MATCHES:
                assert_int_equal(try(options, option->name, "n7"), 0);
                break;
        case TG_OPTION_SETS:
                /* never one that stands in another set already */
                snprintf(set, sizeof set, "fd00:%x:%x:%x::1 fd00:%x:%x:%x::2", random_below(r, 65536), random_below(r, 65536),
                         random_below(r, 65536), random_below(r, 65536), random_below(r, 65536), random_below(r, 65536));
                assert_int_equal(try(options, option->name, set), 0);
                break;
        case TG_OPTION_UNITS:
                ((struct tg_unit_list *)field)->n %= TG_UNITS_MAX;
                assert_int_equal(try(options, option->name, "unit@7.service"), 0);
                break;
        default: {
                int64_t before = *(int64_t *)field;

                do
                        *(int64_t *)field = random_range(r, option->min, option->max);
                while (*(int64_t *)field == before);
        }
        }
}

static void fingerprint_is_of_what_the_cluster_shares(void **state)
{
        struct property p = property_begin(500, 200);
        struct tg_random r;

        (void)state;
        while (property_next(&p, &r)) {
                size_t n;
                const struct tg_option *table = tg_option_table(&n);
                struct tg_options options;

                tg_options_default(&options);
                for (size_t i = 0; i < n; i++)
                        if (random_chance(&r, 50))
                                change(&r, &options, &table[i]);
                for (size_t i = 0; i < n; i++) {
                        uint64_t before = tg_options_fingerprint(&options);

                        change(&r, &options, &table[i]);
                        assert_int_equal(before != tg_options_fingerprint(&options), table[i].cluster);
                }
        }
}

/* A set is not what its addresses are in another grouping; and one machine must not differ from another. */
static void fingerprints_that_must_differ_or_stay(void **state)
{
        struct tg_options a, b;

        (void)state;
        tg_options_default(&a);
        tg_options_default(&b);
        assert_int_equal(try(&a, "source.alias", "10.0.0.1 10.0.0.2"), 0);
        assert_int_equal(try(&a, "source.alias", "10.0.0.3 10.0.0.4"), 0);
        assert_int_equal(try(&b, "source.alias", "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4"), 0);
        assert_true(tg_options_fingerprint(&a) != tg_options_fingerprint(&b));
        tg_options_default(&a);
        assert_int_equal(try(&a, "source.group", "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4"), 0);
        assert_true(tg_options_fingerprint(&a) != tg_options_fingerprint(&b));
        tg_options_default(&a);
        tg_options_default(&b);
        assert_int_equal(try(&b, "budget", "1000ms"), 0);
        assert_true(tg_options_fingerprint(&a) == tg_options_fingerprint(&b));
}

static void what_the_cluster_shares(void **state)
{
        static const char *const shared[] = { "budget",     "warn_percent", "forecast_horizon", "boot_grace",
                                              "mute_after", "source.allow", "source.alias",     "source.group" };
        static const char *const own[] = { "chrony.port", "status.socket", "status.mode", "journal" };

        (void)state;
        for (size_t i = 0; i < COUNT_OF(shared); i++)
                assert_true(tg_option_find(shared[i])->cluster);
        for (size_t i = 0; i < COUNT_OF(own); i++)
                assert_false(tg_option_find(own[i])->cluster);
}

TESTS_MAIN(TEST(matches_are_read), TEST(sets_are_read), TEST(bad_lists_change_nothing), TEST(a_list_may_be_full),
           TEST(lists_there_and_back), TEST(fingerprint_is_of_what_the_cluster_shares),
           TEST(fingerprints_that_must_differ_or_stay), TEST(what_the_cluster_shares))
