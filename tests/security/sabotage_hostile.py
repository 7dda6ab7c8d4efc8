"""Ways to break what the tests beside this file protect: what it breaks, where, the text there, what takes its place,
and the test that then fails."""

TEXT = "tests/security/test_hostile_text.py"
REQUESTS = "tests/security/test_malformed_requests.py"
ORIGINS = "tests/security/test_second_origin.py"
CACHES = "tests/security/test_caching_proxy.py"
IN_BROWSER = f"{TEXT}::test_in_a_browser_all_of_it_is_text"

SABOTAGES = [
    # -- Hostile text
    (
        "direction marks and control characters are shown",
        "perfwidget/page/formats.py",
        "return character not in _JOINERS and unicodedata.category(character) in _HIDDEN",
        "return character in _HIDDEN",
        f"{TEXT}::test_a_search_finds_each_by_its_text",
    ),
    (
        "the id of a project without a title is shown as it is",
        "perfwidget/page/rows_panel.py",
        "shown(row.project_title) or shown(row.project_id)",
        "shown(row.project_title) or row.project_id",
        IN_BROWSER,
    ),
    (
        "ids may hold control characters",
        "perfwidget/facts/columns.py",
        'unicodedata.category(character) in ("Cc", "Cs")',
        'unicodedata.category(character) in ("Cs",)',
        f"{TEXT}::test_what_can_be_no_id_is_refused_with_a_sentence",
    ),
    (
        "ids come into the names of files as they are",
        "perfwidget/report/exports.py",
        're.sub("[^A-Za-z0-9@._-]+", "_", user_id)[:80]',
        "user_id[:80]",
        f"{TEXT}::test_file_names_are_plain",
    ),
    (
        "formulas are written into files",
        "perfwidget/report/exports.py",
        "frozenset(\"=+-@|%'",
        "frozenset(\"+-@|%'",
        f"{TEXT}::test_files_hold_every_text_whole_and_no_formula",
    ),
    (
        "ids are written into the log as they are",
        "perfwidget/hosting/downloads.py",
        "viewer=%r subject=%r",
        "viewer=%r subject=%s",
        f"{TEXT}::test_each_download_is_one_line_of_the_log",
    ),
    (
        "names come into figures",
        "perfwidget/page/figures.py",
        "words.ANNOTATIONS_PER[report.grain]",
        'report.user.name or ""',
        f"{TEXT}::test_nothing_that_people_typed_comes_into_a_figure",
    ),
    (
        "ids come into the addresses of tasks as they are",
        "perfwidget/settings.py",
        'quote(value, safe="")',
        "value",
        IN_BROWSER,
    ),
    (
        "labels may be called `__proto__`",
        "perfwidget/page/formats.py",
        'f"__{_BREAK}{found[1]}"',
        "found[0]",
        IN_BROWSER,
    ),
    (
        "values may be called `__proto__`",
        "perfwidget/page/formats.py",
        '.replace("_", "~1")',
        "",
        IN_BROWSER,
    ),
    (
        "names are patterns where a sentence is put together",
        "assets/page/start.js",
        "() => answer.what)",
        "answer.what)",
        IN_BROWSER,
    ),
    # -- Malformed requests
    (
        "an address in a header that is none is a failure",
        "perfwidget/widget.py",
        '    except ValueError:\n        return urlsplit("")',
        "    except ValueError:\n        raise",
        f"{REQUESTS}::test_no_header_fails",
    ),
    (
        "bodies of callbacks may be as large as they like",
        "perfwidget/hosting/requests.py",
        "if request.content_length > BODY_LIMIT:",
        "if request.content_length < 0:",
        f"{REQUESTS}::test_a_large_body_is_refused_unread",
    ),
    (
        "bodies of callbacks may be of any kind",
        "perfwidget/hosting/requests.py",
        "if not request.is_json:",
        "if request.content_length < 0:",
        f"{REQUESTS}::test_a_body_of_another_kind_is_refused",
    ),
    (
        "a NUL in an address is a failure",
        "perfwidget/hosting/static_files.py",
        "except (OSError, ValueError):",
        "except OSError:",
        f"{REQUESTS}::test_a_server_survives_what_no_client_sends",
    ),
    (
        "the host's own uploads are bounded too",
        "perfwidget/hosting/mount.py",
        "        self.record(self._note_name)\n",
        "        self.record(self._note_name)\n"
        "        self.record(lambda state: state.app.config.update(MAX_CONTENT_LENGTH=1024 * 1024))\n",
        f"{REQUESTS}::test_the_hosts_own_uploads_are_as_large_as_it_likes",
    ),
    (
        "bodies stay in memory",
        "perfwidget/hosting/requests.py",
        "    body = _parse(request.get_data())\n",
        '    read_body.__dict__.setdefault("seen", []).append(request.get_data())\n'
        "    body = _parse(request.get_data())\n",
        f"{REQUESTS}::test_nothing_of_it_stays_in_memory",
    ),
    # -- Other origins
    (
        "any site may show the page in a frame",
        "perfwidget/widget.py",
        "frame-ancestors {self._frame_ancestors}; ",
        "",
        f"{ORIGINS}::test_no_other_site_shows_the_page_in_a_frame",
    ),
    (
        "sites that are named to show the page may not",
        "perfwidget/widget.py",
        "frame-ancestors {self._frame_ancestors}; ",
        "frame-ancestors 'self'; ",
        f"{ORIGINS}::test_a_site_that_is_named_shows_the_page_and_no_other_does",
    ),
    (
        "other sites call back",
        "perfwidget/widget.py",
        "if request.method not in _SAFE_METHODS and _from_elsewhere():",
        "if request.method in ():",
        f"{ORIGINS}::test_no_other_site_calls_back",
    ),
    (
        "other sites learn whether there is an answer",
        "perfwidget/widget.py",
        '            response.headers["Cross-Origin-Resource-Policy"] = "same-origin"\n',
        "            pass\n",
        f"{ORIGINS}::test_no_other_site_reads_anything",
    ),
    (
        "a frame that was led to another site sets its height",
        "assets/embed.js",
        "if (!frame || origin !== new URL(frame.src).origin) return;",
        "if (!frame) return;",
        f"{ORIGINS}::test_frames_take_their_height_from_nobody_else",
    ),
    (
        "a frame's height is set by whoever says one",
        "assets/embed.js",
        "each.contentWindow === source",
        "each.contentWindow",
        f"{ORIGINS}::test_frames_take_their_height_from_nobody_else",
    ),
    # -- Caches and cookies
    (
        "answers say nothing about caches",
        "perfwidget/widget.py",
        '        response.headers["Cache-Control"] = "private, no-store"\n',
        "",
        f"{CACHES}::test_nobody_gets_what_was_anothers",
    ),
    (
        "files of the page are kept for people who may not have them",
        "perfwidget/hosting/static_files.py",
        '_FOREVER = "private, max-age',
        '_FOREVER = "public, max-age',
        f"{CACHES}::test_nobody_gets_what_was_anothers",
    ),
    (
        "the token goes to the whole platform",
        "perfwidget/widget.py",
        "path=self.public_prefix(), samesite",
        "samesite",
        f"{CACHES}::test_the_only_cookie_is_the_token",
    ),
    (
        "the token of a page over https goes without it, too",
        "perfwidget/widget.py",
        "secure=request.is_secure",
        "secure=False",
        f"{CACHES}::test_the_only_cookie_is_the_token",
    ),
]
