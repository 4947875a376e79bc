#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "edge/file.h"
#include "keys/cmd.h"
#include "keys/key_int.h"
#include "keys/pkcs11_uri_int.h"

static const struct cli_command COMMANDS[] = {
    {"authority init", cmd_authority_init,
	"make the authority's key and anchor certificate",
	"建立主管部门的密钥和信任锚证书"},
    {"authority admit", cmd_admit,
	"issue a body's certificate with a limited scope",
	"在核准范围内为评价机构签发证书"},
    {"authority withdraw", cmd_withdraw,
	"withdraw a body; its log below a tree size stays good",
	"撤销评价机构；其日志在指定大小以前的证书仍有效"},
    {"authority adopt", cmd_adopt, "sign the status lists of a withdrawn body",
	"签署已撤销机构的状态列表"},
    {"authority publish", cmd_publish,
	"write anchor, bodies and CRL into a publication",
	"把信任锚、机构证书和撤销列表写入发布目录"},
    {"authority apply", cmd_apply, "do what an approved request says",
	"办理一份已获批准的申请"},
    {"approver init", cmd_approver_init, "make a key that approves requests",
	"建立批准申请用的密钥"},
    {"approve", cmd_approve, "approve a request file", "批准一份申请"},
    {"body init", cmd_body_init,
	"make a body's keys and its certificate request",
	"建立评价机构的密钥和证书申请"},
    {"body rotate", cmd_rotate,
	"make a new key for a body; its log and numbers go on",
	"为评价机构更换密钥，日志和编号延续"},
    {"body install", cmd_install,
	"put the issued certificate into the body's home",
	"把签发的证书装入评价机构的数据目录"},
    {"list", cmd_list, "list the certificates of a home",
	"列出数据目录中的证书"},
    {"show", cmd_show, "print what is in a certificate, request or CRL",
	"显示证书、证书申请或撤销列表的内容"},
    {0},
};

int
main(int argc, char **argv)
{
	/* No core dump and no ptrace: this process holds private keys. */
	prctl(PR_SET_DUMPABLE, 0);
	return cli_main(argc, argv, "tamga-keys", COMMANDS,
	    TR("Keys and certificates of the authority and of issuing bodies.",
		"管理主管部门和评价机构的密钥与证书。"));
}

int
cmd_days(const char *s, const char *option, struct argp_state *state)
{
	char *end;
	long n = strtol(s, &end, 10);

	if (*end != '\0' || end == s || n < 1 || n > 36600)
		argp_error(state,
		    TR("%s: 1 to 36600 days, not %s",
			"%s：应为 1 到 36600 天，而不是 %s"),
		    option, s);
	return (int)n;
}

enum cred_err
cmd_key_module(const char **uri, const char *module, struct why *why)
{
	char *with = NULL;
	enum cred_err e;

	if (module == NULL)
		return CRED_OK;
	if (*uri == NULL || strncmp(*uri, "pkcs11:", 7) != 0)
		return why_set(why, CRED_FAULT_CONFIG, "%s",
		    TR("--pkcs11-module goes with --key pkcs11:…",
			"--pkcs11-module 须与 --key pkcs11:… 一起使用"));
	e = pkcs11_uri_with_module(*uri, module, &with, why);
	if (e == CRED_OK)
		*uri = with; /* until the process ends */
	return e;
}

enum cose_alg
cmd_alg(const char *s, struct argp_state *state)
{
	enum cose_alg alg = COSE_ES256;

	if (key_alg_parse(s, &alg) != CRED_OK)
		argp_error(state,
		    TR("--alg: es256, ed25519 or sm2, not %s",
			"--alg：es256、ed25519 或 sm2，而不是 %s"),
		    s);
	return alg;
}

enum cred_err
cmd_read(const char *path, size_t max, struct bytes *out, struct why *why)
{
	uint8_t *data;
	size_t len;
	enum cred_err e = file_read(path, max, &data, &len, why);

	if (e == CRED_OK)
		*out = bytes_of(data, len);
	return e;
}

void
cmd_release(struct bytes *b)
{
	free((void *)(uintptr_t)b->ptr);
	*b = (struct bytes){0};
}

void
cmd_time(int64_t unix_s, char out[static 32])
{
	time_t t = unix_s;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		strcpy(out, "?");
}

void
cmd_hex(const uint8_t *data, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++)
		sprintf(out + 2 * i, "%02x", data[i]);
}
