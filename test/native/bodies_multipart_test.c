/* SPDX-License-Identifier: Apache-2.0 */
/* multipart/form-data: one case for each row of the specification of bodies, 9.3.1 to 9.3.5, and for each flag.
 *
 * In bodies below "\n" is written as it is meant: a case says with CRLF or without. A result is one line: the
 * parts (a file as name@filename=data), then "#" and the flags that are set, then "!" and the error. */
#include "bodies/multipart.h"
#include "bodies_check.h"

#include <sys/stat.h>
#include <unistd.h>

static sl_arena arena;

#define TYPE "multipart/form-data; boundary=B"
#define FIELD(name) "Content-Disposition: form-data; name=\"" name "\"\r\n\r\n"
#define ONE "--B\r\n" FIELD("a") "1\r\n"

static void add_flag(sl_strbuf *out, bool is_set, const char *name) {
    if (!is_set) return;
    sl_strbuf_add_byte(out, '#');
    sl_strbuf_add_z(out, name);
}

static sl_slice describe(const sl_multipart *found) {
    sl_strbuf out;
    sl_strbuf_init(&out, &arena, 256);
    for (size_t i = 0; i < found->part_count; i++) {
        const sl_part *const part = found->parts[i];
        if (i != 0) sl_strbuf_add_byte(&out, '|');
        write_escaped(&out, part->name);
        if (part->is_file) {
            sl_strbuf_add_byte(&out, '@');
            write_escaped(&out, part->filename);
        }
        sl_strbuf_add_byte(&out, '=');
        write_escaped(&out, part->data);
    }
    add_flag(&out, found->boundary_quoted, "quoted");
    add_flag(&out, found->boundary_whitespace, "whitespace");
    add_flag(&out, found->data_before, "before");
    add_flag(&out, found->data_after, "after");
    add_flag(&out, found->header_folding, "folding");
    add_flag(&out, found->invalid_header_folding, "invalid-folding");
    add_flag(&out, found->lf_line, "lf");
    add_flag(&out, found->crlf_line, "crlf");
    add_flag(&out, found->missing_semicolon, "semicolon");
    add_flag(&out, found->invalid_quoting, "quoting");
    add_flag(&out, found->invalid_part, "part");
    add_flag(&out, found->file_limit_exceeded, "limit");
    add_flag(&out, found->unmatched_boundary == 1, "unmatched");
    add_flag(&out, found->unmatched_boundary == 2, "unmatched-2");
    add_flag(&out, sl_multipart_is_strict_error(found), "strict");
    if (found->has_error) {
        sl_strbuf_add_byte(&out, '!');
        write_escaped(&out, found->error);
    }
    return sl_strbuf_slice(&out);
}

static sl_multipart parse(const char *content_type, sl_slice body) {
    sl_multipart found;
    const sl_slice type = content_type == NULL ? SL_EMPTY : sl_slice_z(content_type);
    sl_multipart_parse(&arena, type, content_type != NULL, body, &found);
    return found;
}

/* ---- the boundary -------------------------------------------------------------------------------------- */

typedef struct boundary_case {
    const char *content_type, *boundary, *wanted;
} boundary_case;

#define IN_CT(what) "#strict!Multipart: Invalid boundary in C-T (" what ")."

static const boundary_case boundary_cases[] = {
    {NULL, "B", "#strict!Multipart: Content-Type header not available."},
    {"text/plain; boundary=B", "B", "#strict!Multipart: Invalid MIME type."},
    {"Multipart/Form-Data; boundary=B", "B", "a=1#crlf"},
    {"multipart/form-data; boundary=B; boundary=C", "B", "#strict!Multipart: Multiple boundary parameters in C-T."},
    {"multipart/form-data; boundary=B, BOUNDARY =C", "B", "#strict!Multipart: Multiple boundary parameters in C-T."},
    {"multipart/form-data; Boundary=B", "B", IN_CT("case sensitivity")},
    {"multipart/form-data", "B", "#strict!Multipart: Boundary not found in C-T."},
    {"multipart/form-data; charset=x; boundary=B", "B", IN_CT("malformed")},
    {"multipart/form-data;; boundary=B", "B", IN_CT("malformed")},
    {"multipart/form-dataX; boundary=B", "B", IN_CT("malformed")},
    {"multipart/form-data; boundary", "B", IN_CT("malformed")},
    {"multipart/form-data boundary=B", "B", "a=1#crlf#semicolon#strict"},
    {"multipart/form-data; boundary =B", "B", "a=1#whitespace#crlf#strict"},
    {"multipart/form-data; boundaryX=B", "B", IN_CT("parameter name")},
    {"multipart/form-data; boundary= B", " B", "a=1#whitespace#crlf#strict"},
    {"multipart/form-data; boundary=\"B\"", "B", "a=1#quoted#crlf#strict"},
    {"multipart/form-data; boundary=\"B", "B", IN_CT("quote")},
    {"multipart/form-data; boundary=B\"", "B", IN_CT("quote")},
    {"multipart/form-data; boundary=\"", "B", IN_CT("quote")},
    {"multipart/form-data; boundary=boundary=B", "B", IN_CT("content")},
    {"multipart/form-data; boundary=----geckoformboundaryX; charset=UTF-8", "----geckoformboundaryX", "a=1#crlf"},
    {"multipart/form-data; boundary=B; charset=utf-8", "B", "a=1#crlf"},
    {"multipart/form-data; boundary=B C", "B C", "a=1#crlf"},
    {"multipart/form-data; boundary=B ", "B", "#strict!Multipart: Invalid boundary in C-T (characters)."},
    {"multipart/form-data; boundary=B@", "B", IN_CT("characters")},
    {"multipart/form-data; boundary=B\x80", "B", IN_CT("characters")},
    {"multipart/form-data; boundary=0aZ'()+_,-./:=?", "0aZ'()+_,-./:=?", "a=1#crlf"},
    {"multipart/form-data; boundary=", "B", IN_CT("empty")},
    {"multipart/form-data; boundary=\"\"", "B", "#quoted#strict!Multipart: Invalid boundary in C-T (empty)."},
    {"multipart/form-data; boundary=; charset=x", "B", IN_CT("empty")},
};

static void test_boundaries(void) {
    for (size_t i = 0; i < sizeof boundary_cases / sizeof boundary_cases[0]; i++) {
        const boundary_case *const row = &boundary_cases[i];
        sl_strbuf body;
        sl_strbuf_init(&body, &arena, 256);
        sl_strbuf_add_z(&body, "--");
        sl_strbuf_add_z(&body, row->boundary);
        sl_strbuf_add_z(&body, "\r\n" FIELD("a") "1\r\n--");
        sl_strbuf_add_z(&body, row->boundary);
        sl_strbuf_add_z(&body, "--\r\n");
        const sl_multipart found = parse(row->content_type, sl_strbuf_slice(&body));
        expect_text(row->content_type == NULL ? "no Content-Type" : row->content_type, describe(&found), row->wanted);
    }
    sl_strbuf type;
    sl_strbuf_init(&type, &arena, 2048);
    sl_strbuf_add_z(&type, TYPE);
    while (type.len < 1024) sl_strbuf_add_byte(&type, 'x');
    sl_strbuf_add_byte(&type, '\0');
    sl_multipart found = parse((const char *)type.ptr, SL_EMPTY);
    expect_text("a Content-Type of 1024 bytes is read", describe(&found), "");
    type.ptr[type.len - 1] = 'x';
    sl_strbuf_add_byte(&type, '\0');
    found = parse((const char *)type.ptr, SL_EMPTY);
    expect_text("a Content-Type of 1025 bytes is too long", describe(&found), IN_CT("length"));
}

/* ---- lines, headers, dispositions ---------------------------------------------------------------------- */

typedef struct body_case {
    const char *body, *wanted;
} body_case;

/* A part with this Content-Disposition value. */
#define WITH(value) "--B\r\nContent-Disposition: " value "\r\n\r\n1\r\n--B--\r\n"
#define BAD_CD(code, value) "#crlf#strict!Multipart: Invalid Content-Disposition header (" code "): " value
#define QUOTED_CD(code, value) "#crlf#quoting#strict!Multipart: Invalid Content-Disposition header (" code "): " value
/* A part with this header line in front. */
#define HEADER(line) "--B\r\n" line FIELD("a") "1\r\n--B--\r\n"
#define FAILS(text) "#crlf#strict!Multipart: " text

static const body_case body_cases[] = {
    /* the frame */
    {"", ""},
    {ONE "--B--\r\n", "a=1#crlf"},
    {ONE "--B--", "a=1#crlf"},
    {ONE "--B\r\n" FIELD("b") "2\r\n--B--\r\n", "a=1|b=2#crlf"},
    {"--B\r\n" FIELD("a") "\r\n--B--\r\n", "a=#crlf"},
    {"--B\r\n" FIELD("a") "1\r\n2\n3\r\n\r\n--B--\r\n", "a=1\\x0d\\x0a2\\x0a3\\x0d\\x0a#crlf"},
    {"--B\r\n" FIELD("a") "1\r2\r\n--B--\r\n", "a=1\\x0d2#crlf"},
    {"--B--\r\n", "#crlf"},
    {"--B--", ""},
    {"x\r\n" ONE "--B--\r\n", "a=1#before#crlf#strict"},
    {"\r\n" ONE "--B--\r\n", "a=1#before#crlf#strict"},
    {ONE "--B--\r\nx", "a=1#after#crlf#strict"},
    {ONE "--B--\r\n\r\n", "a=1#after#crlf#strict"},
    {ONE "--B--\r\n--B\r\n", "a=1#after#crlf#strict"},
    {ONE, "a=1#crlf#strict!Multipart: Final boundary missing."},
    {"--B\r\n" FIELD("a") "1", "a=1#crlf#strict!Multipart: Final boundary missing."},
    {"--B\r\n" FIELD("a"), "a=#crlf#strict!Multipart: Final boundary missing."},
    {"--B\r\nContent-Disposition: form-data", "#crlf#strict!Multipart: Final boundary missing."},
    {"--B\r\n", "#crlf#strict!Multipart: Final boundary missing."},
    {"nothing", "#before#strict!Multipart: No boundaries found in payload."},
    /* boundaries that are none */
    {ONE "--Bx\r\n--B--\r\n", "a=1" FAILS("Invalid boundary: --Bx")},
    {ONE "--B--x\r\n", "a=1" FAILS("Invalid boundary: --B--x")},
    {ONE "--B \r\n", "a=1" FAILS("Invalid boundary: --B ")},
    {ONE "-- B\r\n--B--\r\n", "a=1" FAILS("Invalid boundary (whitespace).")},
    {ONE "--\"B\"\r\n--B--\r\n", "a=1\\x0d\\x0a--\"B\"#crlf#unmatched-2"},
    {ONE "--b\r\n--B--\r\n", "a=1\\x0d\\x0a--b#crlf#unmatched-2"},
    {ONE "--B--\r\n--b", "a=1#after#crlf#strict"},
    {ONE "-- signature\r\n", "a=1\\x0d\\x0a-- signature#crlf#unmatched#strict!Multipart: Final boundary missing."},
    {ONE "x--B\r\n--B--\r\n", "a=1\\x0d\\x0ax--B#crlf#unmatched-2"},
    {ONE "--\n--B--\r\n", "a=1\\x0d\\x0a--#lf#crlf#strict"},
    {ONE "--\r\n--B--\r\n", "a=1\\x0d\\x0a--#crlf#unmatched-2"},
    {ONE "-B\r\n--B--\r\n", "a=1\\x0d\\x0a-B#crlf"},
    /* a boundary where a part should begin */
    {"--B\r\n" FIELD("a") "--B--\r\n", "a=--B--#crlf#part#strict!Multipart: Final boundary missing."},
    {"--B\r\n" FIELD("a") "--B--", "a=#crlf#part#strict"},
    {"--B\r\n--B\r\n", "#crlf#part#strict!Multipart: Invalid part header (colon missing): --B"},
    {"--B\r\n--B--", "#crlf#part#strict"},
    /* line ends */
    {"--B\n" "Content-Disposition: form-data; name=\"a\"\n\n1\n--B--\n", "a=1#lf#strict"},
    {"--B\r\nContent-Disposition: form-data; name=\"a\"\n\r\n1\r\n--B--\r\n", "a=1#lf#crlf#strict"},
    {"--B\r\n" FIELD("a") "1\n--B--\r\n", "a=1#lf#crlf#strict"},
    {"--B\r\n" FIELD("a") "1\n2\r\n--B--\r\n", "a=1\\x0a2#crlf"},
    {ONE "--B--\n", "a=1#lf#crlf#strict"},
    /* part headers */
    {"--B\r\n\r\n1\r\n--B--\r\n", FAILS("Part missing Content-Disposition header.")},
    {HEADER("X-Y: z\r\n"), "a=1#crlf"},
    {HEADER("no colon\r\n"), FAILS("Invalid part header (colon missing): no colon")},
    {HEADER(": z\r\n"), FAILS("Invalid part header (header name missing).")},
    {HEADER("X Y: z\r\n"), FAILS("Invalid part header (contains invalid character).")},
    {HEADER("X\x7f: z\r\n"), FAILS("Invalid part header (contains invalid character).")},
    {HEADER("X: 1\r\nx: 2\r\n"), FAILS("Duplicate part header: x.")},
    {HEADER(" folded\r\n"), "#folding#crlf#strict!Multipart: Invalid part header (folding error)."},
    {HEADER("X: 1\r\n 2\r\n"), "a=1#folding#crlf#strict"},
    {HEADER("X: 1\r\n\t2\r\n"), "a=1#folding#crlf#strict"},
    {HEADER("X: 1\r\n \v2\r\n"), "a=1#folding#invalid-folding#crlf#strict"},
    {HEADER("X: 1\r\n\f2\r\n"), "a=1#folding#invalid-folding#crlf#strict"},
    {"--B\r\nContent-Disposition: form-data;\r\n name=a\r\n\r\n1\r\n--B--\r\n", "a=1#folding#crlf#strict"},
    {"--B\r\ncontent-disposition:form-data;name=a\r\n\r\n1\r\n--B--\r\n", "a=1#crlf"},
    /* Content-Disposition */
    {WITH("attachment"), BAD_CD("-1", "attachment")},
    {WITH("Form-Data; name=a"), BAD_CD("-1", "Form-Data; name=a")},
    {WITH("form-datax; name=a"), BAD_CD("-2", "form-datax; name=a")},
    {WITH("form-data;"), BAD_CD("-3", "form-data;")},
    {WITH("form-data; "), BAD_CD("-3", "form-data; ")},
    {WITH("form-data; name"), BAD_CD("-4", "form-data; name")},
    {WITH("form-data; name "), BAD_CD("-5", "form-data; name ")},
    {WITH("form-data; name x"), BAD_CD("-13", "form-data; name x")},
    {WITH("form-data; name="), BAD_CD("-6", "form-data; name=")},
    {WITH("form-data; name=\""), BAD_CD("-7", "form-data; name=\"")},
    {WITH("form-data; name=\"a\\"), BAD_CD("-8", "form-data; name=\"a\\")},
    {WITH("form-data; name=\"a"), BAD_CD("-10", "form-data; name=\"a")},
    {WITH("form-data; name=a; size=1"), BAD_CD("-11", "form-data; name=a; size=1")},
    {WITH("form-data; Name=a"), BAD_CD("-11", "form-data; Name=a")},
    {WITH("form-data; name=a b"), BAD_CD("-12", "form-data; name=a b")},
    {WITH("form-data; name=\"a\"b"), QUOTED_CD("-12", "form-data; name=\"a\"b")},
    {WITH("form-data; name=a; name=b"), BAD_CD("-14", "form-data; name=a; name=b")},
    {WITH("form-data; name=a; filename=b; filename=c"), BAD_CD("-15", "form-data; name=a; filename=b; filename=c")},
    {WITH("form-data; name=a; filename*='x'y"), BAD_CD("-16", "form-data; name=a; filename*='x'y")},
    {WITH("form-data; name=a; filename*=UTF-8'1'y"), BAD_CD("-17", "form-data; name=a; filename*=UTF-8'1'y")},
    {WITH("form-data; name=a; filename*=UTF-8''%4"), BAD_CD("-18", "form-data; name=a; filename*=UTF-8''%4")},
    {WITH("form-data; name=a; filename*=UTF-8''a b"), BAD_CD("-19", "form-data; name=a; filename*=UTF-8''a b")},
    {WITH("form-data; name=a; filename*=u''x; filename*=u''y"),
     BAD_CD("-20", "form-data; name=a; filename*=u''x; filename*=u''y")},
    {WITH("form-data; name=a; filename*=UTF-8''x"), BAD_CD("-21", "form-data; name=a; filename*=UTF-8''x")},
    {WITH("form-data; name=a; filename=f; filename*=UTF-8'en'%e2%82"), "a@f=1#crlf"},
    {WITH("form-data"), FAILS("Content-Disposition header missing name field.")},
    {WITH("form-data; filename=f"), FAILS("Content-Disposition header missing name field.")},
    {WITH("form-data; name=\"\""), FAILS("Content-Disposition header missing name field.")},
    {WITH("form-data; name=a; filename =f"), FAILS("Invalid Content-Disposition header (filename).")},
    {WITH("form-data; name=a;"), "a=1#crlf"},
    {WITH("form-data; name=a ; filename=\"\""), "a@=1#crlf"},
    {WITH("form-data; name=\"a\\\"b\\\\c\\d\""), "a\"b\\c\\d=1#crlf"},
    {WITH("form-data; name=a; filename=\"C:\\dir\\f\""), "a@C:\\dir\\f=1#crlf"},
    {WITH("form-data; name='a'"), "a=1#crlf#quoting#strict"},
    {WITH("form-data; name='a\\'b'"), "a'b=1#crlf#quoting#strict"},
    {WITH("form-data; name=a'b"), "a'b=1#crlf#quoting#strict"},
    {WITH("form-data; name=\"a'b\""), "a'b=1#crlf"},
    {WITH("form-data; name=\"a;b=c\""), "a;b=c=1#crlf"},
};

static void test_bodies(void) {
    for (size_t i = 0; i < sizeof body_cases / sizeof body_cases[0]; i++) {
        const sl_multipart found = parse(TYPE, sl_slice_z(body_cases[i].body));
        expect_text(body_cases[i].body, describe(&found), body_cases[i].wanted);
    }
    const sl_multipart quoted = parse("multipart/form-data; boundary=\"B\"", SL_LIT(ONE "--\"B\"\r\n"));
    expect_text("a quoted boundary line is an error when the parameter is quoted", describe(&quoted),
                "a=1#quoted#crlf#strict!Multipart: Invalid boundary (quotes).");
    const sl_multipart unfinished =
        parse("multipart/form-data; boundary=BB", SL_LIT("--BB\r\n" FIELD("a") "1\r\n--BB"));
    expect_text("only the final boundary may end the body without a line end", describe(&unfinished),
                "a=1" FAILS("Invalid boundary: --BB"));
    const sl_multipart nul = parse(TYPE, SL_LIT("--B\r\nX: \0\r\n"));
    expect_text("NUL in a part header is an error", describe(&nul), FAILS("Nul byte in part headers."));
    const sl_multipart binary = parse(TYPE, SL_LIT("--B\r\n" FIELD("a") "\0\xff\r\n--B--\r\n"));
    expect_text("data may hold any byte", describe(&binary), "a=\\x00\\xff#crlf");
}

/* A part whose header "X" has this many bytes in its line, end included. */
static sl_multipart parse_long_header(size_t length) {
    sl_strbuf body;
    sl_strbuf_init(&body, &arena, 8192);
    sl_strbuf_add_z(&body, "--B\r\nX:");
    const size_t start = body.len - 2;
    while (body.len - start < length - 2) sl_strbuf_add_byte(&body, 'x');
    sl_strbuf_add_z(&body, "\r\n" FIELD("a") "1\r\n--B--\r\n");
    return parse(TYPE, sl_strbuf_slice(&body));
}

static void test_header_lengths(void) {
    sl_multipart found = parse_long_header(4095);
    expect_text("a header line of 4095 bytes is read", describe(&found), "a=1#crlf");
    found = parse_long_header(4096);
    expect_text("a header line of 4096 bytes is an error", describe(&found),
                FAILS("Part header line over 4096 bytes long"));
    sl_strbuf body;
    sl_strbuf_init(&body, &arena, 16384);
    sl_strbuf_add_z(&body, "--B\r\nX: 1\r\n");
    for (size_t i = 0; i < 5; i++) {
        sl_strbuf_add_byte(&body, ' ');
        for (size_t n = 0; n < 1000; n++) sl_strbuf_add_byte(&body, 'x');
        sl_strbuf_add_z(&body, "\r\n");
    }
    found = parse(TYPE, sl_strbuf_slice(&body));
    expect_text("a folded header over 4096 bytes is an error", describe(&found),
                "#folding#crlf#strict!Multipart: Part header too long.");
}

static void test_part_details(void) {
    const sl_multipart found =
        parse(TYPE, SL_LIT("--B\r\nX-A:  1\r\n  2\r\n" "Content-Disposition: form-data; name=\"f\"; filename=\"n\"\r\n"
                           "content-type: text/x \r\n\r\nabc\r\n--B\r\n" FIELD("a") "12345\r\n--B--\r\n"));
    expect(found.part_count == 2, "both parts are there", NULL);
    if (found.part_count != 2) return;
    const sl_part *const file = found.parts[0];
    expect(file->headers.count == 3, "each header is kept", NULL);
    expect_text("a folded header is joined", file->headers.items[0]->value->slice, "X-A: 1 2");
    expect_text("a header keeps its spelling", file->headers.items[2]->value->slice, "content-type: text/x ");
    expect_text("the part's type is known", file->content_type, "text/x ");
    expect(found.files_bytes == 3, "files are counted", NULL);
    const uint64_t lines = sizeof "X-A:  1\r\n  2\r\n" - 1 +
                           sizeof "Content-Disposition: form-data; name=\"f\"; filename=\"n\"\r\n" - 1 +
                           sizeof "content-type: text/x \r\n" - 1 +
                           sizeof "Content-Disposition: form-data; name=\"a\"\r\n" - 1;
    expect(found.no_files_bytes == lines + 5, "header lines and fields are counted, files are not", NULL);
}

/* ---- files --------------------------------------------------------------------------------------------- */

#define UPLOAD(name, data) \
    "--B\r\nContent-Disposition: form-data; name=" name "; filename=f\r\n\r\n" data "\r\n"

static void test_files(const char *directory) {
    const sl_upload upload = {.directory = sl_slice_z(directory), .transaction_id = SL_LIT("id"),
                              .time_epoch_seconds = 1700000000, .mode = 0640, .file_limit = 2};
    const sl_slice body = SL_LIT(ONE UPLOAD("x", "abc") UPLOAD("y", "") UPLOAD("z", "3") "--B--\r\n");
    sl_multipart found = parse(TYPE, body);
    expect(!sl_multipart_store_files(&found, &arena, &upload), "a third file is one too many", NULL);
    expect_text("the limit is a flag and an error", describe(&found),
                "a=1|x@f=abc|y@f=|z@f=3#crlf#limit#strict!Multipart: Upload file limit exceeded 2.");
    expect(found.parts[0]->tmp_path.len == 0 && found.parts[3]->tmp_path.len == 0,
           "fields and files past the limit are not stored", NULL);

    const char *const path = (const char *)found.parts[1]->tmp_path.ptr;
    struct stat status;
    expect(stat(path, &status) == 0 && status.st_size == 3, "the file holds the data", path);
    expect((status.st_mode & 0777) == 0640, "the file has the mode asked for", path);
    expect(strstr(path, "-id-file-") != NULL, "the file's name holds the transaction", path);
    char stored[4] = "";
    FILE *const file = fopen(path, "r");
    if (file != NULL) {
        expect(fread(stored, 1, 3, file) == 3 && strcmp(stored, "abc") == 0, "the file can be read back", stored);
        (void)fclose(file);
    }
    const char *const empty_path = (const char *)found.parts[2]->tmp_path.ptr;
    sl_multipart_remove_files(&found, true);
    expect(access(path, F_OK) == 0 && access(empty_path, F_OK) != 0, "kept files stay, empty ones go", path);
    sl_multipart_remove_files(&found, false);
    expect(access(path, F_OK) != 0, "files that are not kept go", path);

    sl_multipart unwritable = parse(TYPE, body);
    const sl_upload nowhere = {.directory = SL_LIT("/nonexistent"), .transaction_id = SL_LIT("id")};
    expect(!sl_multipart_store_files(&unwritable, &arena, &nowhere) && unwritable.has_error,
           "a file that cannot be written is an error", NULL);
}

/* ---- time ---------------------------------------------------------------------------------------------- */

static void test_in_linear_time(void) {
    static const char *const hostile[] = {
        "\n", "-", "--", "--B\r\n", "--B", "\r\n--B", " \n", "a:\n", "--\n",
        ONE, "--B\nContent-Disposition:form-data;name=a\n\n\n", "\r\n--BB", "--B--\r\n",
    };
    static const char *const openings[] = {"", "--B\r\n" FIELD("a"), "--B\r\nX: "};
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        const sl_slice tail = repeated(hostile[i], 10 * 1000 * 1000);
        for (size_t k = 0; k < sizeof openings / sizeof openings[0]; k++) {
            const size_t opening = strlen(openings[k]);
            uint8_t *const body = malloc(opening + tail.len);
            if (body == NULL) exit(1);
            memcpy(body, openings[k], opening);
            memcpy(body + opening, tail.ptr, tail.len);
            const double start = seconds_now();
            (void)parse(TYPE, sl_slice_of(body, opening + tail.len));
            expect(seconds_now() - start < 5, "10 MB of a hostile body take seconds at most", hostile[i]);
            free(body);
            sl_arena_reset(&arena);
        }
        free((void *)tail.ptr);
    }
}

int main(void) {
    sl_arena_init(&arena, 0, fail_on_exhausted, NULL);
    test_boundaries();
    test_bodies();
    test_header_lengths();
    test_part_details();
    char directory[] = "/tmp/seclua-uploads-XXXXXX";
    if (mkdtemp(directory) == NULL) return 1;
    test_files(directory);
    expect(rmdir(directory) == 0, "no file is left behind", directory);
    test_in_linear_time();
    sl_arena_free(&arena);
    return failures == 0 ? 0 : 1;
}
