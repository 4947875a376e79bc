#include "registry/postgres_int.h"

const char *const pg_texts[P_COUNT] = {
    [P_TURN] = "UPDATE writer SET turn = turn + 1 WHERE one = 1",
    [P_STATE] =
	"SELECT w.turn, (SELECT coalesce(max(idx) + 1, 0) FROM entry),"
	" (SELECT size FROM head), a.seq, a.hash, r.token FROM writer w"
	" LEFT JOIN (SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1) a"
	" ON true LEFT JOIN receipt r ON r.slot = $1::bigint WHERE w.one = 1",
    [P_RECEIPT] = "INSERT INTO receipt (slot, token)"
		  " VALUES ($1::bigint, $2::bytea)"
		  " ON CONFLICT (slot) DO UPDATE SET token = excluded.token",
    [P_AUDIT_ADD] =
	"INSERT INTO audit (seq, at, actor, action, subject, detail, prev,"
	" hash) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[],"
	" $4::text[], $5::text[], $6::text[], $7::bytea[], $8::bytea[])",
    [P_BATCH_ADD] =
	"INSERT INTO batch (id, name, first_idx, end_idx, made_at)"
	" SELECT coalesce((SELECT max(id) FROM batch), 0) + 1, $1::text,"
	" $2::bigint, $2::bigint, $3::bigint ON CONFLICT (name) DO NOTHING",
    [P_BATCH_GET] = "SELECT id FROM batch WHERE name = $1::text",
    [P_BATCH_RANGE] =
	"UPDATE batch SET end_idx = $2::bigint WHERE id = $1::bigint",
    /* One look into the index each, whatever the statistics say: LIMIT keeps
     * the planner from reading a whole batch instead. */
    [P_ROWS_GET] =
	"SELECT k.row_key, e.idx FROM batch b, unnest($2::bytea[]) k(row_key),"
	" LATERAL (SELECT idx FROM entry WHERE batch_id = b.id"
	"  AND entry.row_key = k.row_key AND void_mark = 0 LIMIT 1) e"
	" WHERE b.name = $1::text",
    [P_SERIES_GET] =
	"SELECT name, last FROM series WHERE name = ANY ($1::text[])",
    [P_SERIES_SET] = "INSERT INTO series (name, last)"
		     " SELECT * FROM unnest($1::text[], $2::bigint[])"
		     " ON CONFLICT (name) DO UPDATE SET last = excluded.last",
    [P_NUMBERS_GET] =
	"SELECT k.number, e.idx, e.generation FROM unnest($1::text[])"
	" k(number), LATERAL (SELECT idx, generation FROM entry"
	"  WHERE entry.number = k.number AND void_mark = 0"
	"  ORDER BY generation DESC LIMIT 1) e",
    [P_REPLACED_GET] =
	"SELECT e.idx, coalesce(s.value, 0), e.number, e.generation,"
	" EXISTS (SELECT 1 FROM entry n"
	"  WHERE n.replaces = e.idx AND n.void_mark = 0)"
	" FROM entry e JOIN credential c ON c.idx = e.idx"
	" LEFT JOIN status s ON s.idx = e.idx WHERE e.idx = ANY ($1::bigint[])",
    [P_ENTRY_ADD] =
	"INSERT INTO entry (idx, row_no, row_key, kind, number, generation,"
	" name, id_type, id_number, occupation, code, direction, level,"
	" issued, payload, print, replaces, batch_id, reserved_at)"
	" SELECT u.*, $18::bigint, $19::bigint FROM unnest($1::bigint[],"
	" $2::bigint[], $3::bytea[], $4::bigint[], $5::text[], $6::bigint[],"
	" $7::text[], $8::bigint[], $9::text[], $10::text[], $11::text[],"
	" $12::text[], $13::bigint[], $14::bigint[], $15::bytea[],"
	" $16::bytea[], $17::bigint[]) u",
    [P_STATES] =
	"SELECT k.idx, e.void_mark, e.signed, e.value, e.replaced"
	" FROM (SELECT DISTINCT unnest($1::bigint[]) AS idx) k,"
	" LATERAL (SELECT f.void_mark,"
	"  c.idx IS NOT NULL AS signed, s.value, EXISTS (SELECT 1 FROM entry n"
	"   JOIN credential d ON d.idx = n.idx"
	"   WHERE n.replaces = f.idx AND n.void_mark = 0) AS replaced"
	"  FROM entry f LEFT JOIN credential c ON c.idx = f.idx"
	"  LEFT JOIN status s ON s.idx = f.idx WHERE f.idx = k.idx LIMIT 1) e",
    [P_CREDENTIALS_GET] =
	"SELECT k.idx, e.void_mark, e.bytes FROM unnest($1::bigint[]) k(idx),"
	" LATERAL (SELECT f.void_mark, c.bytes FROM entry f"
	"  LEFT JOIN credential c ON c.idx = f.idx WHERE f.idx = k.idx"
	"  LIMIT 1) e",
    [P_CREDENTIALS_ADD] =
	"INSERT INTO credential (idx, bytes, signed_at)"
	" SELECT u.*, $3::bigint FROM unnest($1::bigint[], $2::bytea[]) u",
    [P_VOID] =
	"UPDATE entry SET void_mark = idx + 1 WHERE idx = ANY ($1::bigint[])",
    [P_STALE] = "SELECT e.idx FROM entry e"
		" LEFT JOIN credential c ON c.idx = e.idx"
		" WHERE e.idx >= $1::bigint AND c.idx IS NULL"
		" AND e.void_mark = 0 AND e.reserved_at < $2::bigint"
		" ORDER BY e.idx",
    [P_STATUS_PUT] = "INSERT INTO status (idx, value)"
		     " SELECT * FROM unnest($1::bigint[], $2::bigint[])"
		     " ON CONFLICT (idx) DO UPDATE SET value = excluded.value",
    [P_STATUS_BITS] =
	"SELECT idx, value FROM status"
	" WHERE idx >= $1::bigint AND idx < $2::bigint AND value <> 0",
    [P_VERSION_RAISE] =
	"INSERT INTO status_version (list, version)"
	" SELECT * FROM unnest($1::bigint[], $2::bigint[])"
	" ON CONFLICT (list) DO UPDATE"
	" SET version = status_version.version + excluded.version",
    [P_VERSION_GET] =
	"SELECT version FROM status_version WHERE list = $1::bigint",
    [P_SUPERSEDE] =
	"SELECT n.replaces, coalesce(s.value, 0), n.idx"
	" FROM entry n JOIN credential c ON c.idx = n.idx"
	" LEFT JOIN status s ON s.idx = n.replaces"
	" WHERE n.idx >= coalesce((SELECT value FROM meta WHERE key = $1), 0)"
	" AND n.idx < $2::bigint AND n.replaces IS NOT NULL"
	" AND n.void_mark = 0 AND coalesce(s.value, 0) NOT IN (1, 3)"
	" ORDER BY n.idx",
    [P_HEAD_GET] = "SELECT size, root, note FROM head",
    [P_HEAD_PUT] =
	"INSERT INTO head (one, size, root, note)"
	" VALUES (1, $1::bigint, $2::bytea, $3::bytea) ON CONFLICT (one)"
	" DO UPDATE SET size = excluded.size, root = excluded.root,"
	" note = excluded.note",
    [P_SETTLED] = "SELECT (SELECT count(*) FROM credential"
		  "  WHERE idx >= $1::bigint AND idx < $2::bigint)"
		  " + (SELECT count(*) FROM entry WHERE idx >= $1::bigint"
		  "  AND idx < $2::bigint AND void_mark <> 0)",
    [P_NEXT_INDEX] = "SELECT coalesce(max(idx) + 1, 0) FROM entry",
    [P_BY_INDEX] = "SELECT " PG_ENTRY PG_FROM_ENTRY " WHERE e.idx = $1::bigint",
    [P_BY_NUMBER] = "SELECT " PG_ENTRY PG_FROM_ENTRY
		    " WHERE e.number = $1::text AND e.void_mark = 0"
		    " ORDER BY e.generation DESC LIMIT 1",
    [P_FIND_SAME] =
	"SELECT e.idx, e.payload FROM entry e"
	" LEFT JOIN status s ON s.idx = e.idx"
	" WHERE e.id_number = $1::text AND e.kind = $2::bigint"
	" AND e.level = $3::bigint AND e.id_type = $4::bigint"
	" AND e.void_mark = 0 AND coalesce(s.value, 0) NOT IN (1, 3)"
	" AND CASE WHEN $5::text IS NOT NULL AND e.code IS NOT NULL"
	"  THEN e.code = $5::text ELSE e.occupation = $6::text END"
	" ORDER BY e.idx",
    [P_NARROW] = "SELECT (SELECT size FROM head),"
		 " (SELECT first_idx FROM batch WHERE name = $1::text),"
		 " (SELECT end_idx FROM batch WHERE name = $1::text)",
    [P_META_GET] = "SELECT value FROM meta WHERE key = $1::text",
    [P_META_SET] = "INSERT INTO meta (key, value) VALUES ($1::text, $2::bigint)"
		   " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    [P_META_RAISE] =
	"INSERT INTO meta (key, value) VALUES ($1::text, $2::bigint)"
	" ON CONFLICT (key) DO UPDATE"
	" SET value = greatest(meta.value, excluded.value)",
    [P_AUDIT_PAGE] =
	"SELECT seq, at, actor, action, subject, detail, prev, hash FROM audit"
	" WHERE seq >= $1::bigint ORDER BY seq LIMIT 500",
    [P_AUDIT_PAGE_OF] =
	"SELECT seq, at, actor, action, subject, detail, prev, hash FROM audit"
	" WHERE seq >= $1::bigint AND subject = $2::text"
	" ORDER BY seq LIMIT 500",
    [P_CLAIM_GET] = "SELECT " PG_CLAIM PG_FROM_CLAIM " WHERE c.id = $1::text",
    [P_CLAIMS_OF_ID] = "SELECT " PG_CLAIM PG_FROM_CLAIM
		       " WHERE c.id = $1::text AND c.state < $2::bigint",
    [P_CLAIMS_OF_PERSON] =
	"SELECT " PG_CLAIM PG_FROM_CLAIM " WHERE c.person = $1::bytea"
	" AND c.state < $2::bigint ORDER BY c.seq",
    [P_CLAIMS_OF_NUMBER] =
	"SELECT " PG_CLAIM PG_FROM_CLAIM " WHERE c.number = $1::text"
	" AND c.number <> '' AND c.state < $2::bigint ORDER BY c.seq",
    [P_CLAIM_ADD] =
	"INSERT INTO claim (seq, id, content, person, subject, scheme, part,"
	" year, kind, level, applied, issued, trained_from, trained_to, fen,"
	" number, institution, body_id, codes, state, booked_by, changed_at,"
	" idx) SELECT coalesce((SELECT max(seq) FROM claim), 0) + 1, $1::text,"
	" $2::bytea, $3::bytea, $4::text, $5::bigint, $6::bigint, $7::bigint,"
	" $8::bigint, $9::bigint, $10::bigint, $11::bigint, $12::bigint,"
	" $13::bigint, $14::bigint, $15::text, $16::text, $17::text,"
	" $18::text, 1, $19::text, $20::bigint, $21::bigint RETURNING seq",
    [P_CLAIM_MORE] =
	"INSERT INTO claim_more (claim, region, department, phone, account,"
	" photo) VALUES ($1::bigint, $2::text, $3::bigint, $4::bytea,"
	" $5::bytea, $6::bytea)",
    [P_CLAIM_STATE] = "UPDATE claim SET state = $2::bigint,"
		      " changed_at = $3::bigint WHERE seq = $1::bigint",
    [P_HALF_WHO] = "SELECT c.id, c.part FROM claim_half h"
		   " JOIN claim c ON c.seq = h.claim"
		   " WHERE h.person = $1::bytea AND h.subject = $2::text"
		   " AND h.scheme = $3::bigint AND h.half = $4::bigint",
    [P_HALF_ADD] = "INSERT INTO claim_half (person, subject, scheme, half,"
		   " claim) VALUES ($1::bytea, $2::text, $3::bigint,"
		   " $4::bigint, $5::bigint) ON CONFLICT DO NOTHING",
    [P_HALF_FREE] = "DELETE FROM claim_half WHERE person = $1::bytea"
		    " AND subject = $2::text AND claim = $3::bigint",
    [P_YEAR_ADD] = "INSERT INTO claim_year (person, year, place, claim)"
		   " VALUES ($1::bytea, $2::bigint, $3::bigint, $4::bigint)"
		   " ON CONFLICT DO NOTHING",
    [P_YEAR_WHO] = "SELECT c.id FROM claim_year y JOIN claim c"
		   " ON c.seq = y.claim WHERE y.person = $1::bytea"
		   " AND y.year = $2::bigint ORDER BY y.place LIMIT 1",
    [P_YEAR_FREE] = "DELETE FROM claim_year WHERE person = $1::bytea"
		    " AND year = $2::bigint AND claim = $3::bigint",
};
