#include "issuer/replace_print.h"

#include <stdio.h>

#include "edge/lang.h"

void
replace_print_json(const struct replace_item *it, bool dry)
{
	bool made = it->already || !dry;

	printf("{\"schema\":1,\"index\":%llu,\"action\":\"replace\","
	       "\"changed\":%s,\"already\":%s,\"dry_run\":%s,\"by\":",
	    (unsigned long long)it->old,
	    dry || it->already || it->refused ? "false" : "true",
	    it->already ? "true" : "false", dry ? "true" : "false");
	if (made && !it->refused)
		printf("%llu", (unsigned long long)it->by);
	else
		fputs("null", stdout);
	/* A number has letters and digits alone. */
	if (*it->number != '\0' && (made || it->keeps_number))
		printf(",\"number\":\"%s\"}\n", it->number);
	else
		printf(",\"number\":null}\n");
}

void
replace_print_text(const struct replace_item *it, bool dry)
{
	const char *number = *it->number != '\0' ? it->number : "--";

	if (it->already)
		printf(TR("index %llu: replaced already by index %llu, number "
			  "%s, by the same request; to replace that one too, "
			  "give --index %llu\n",
			   "序号 %llu：已按同一请求换发为序号 %llu，编号 %s；"
			   "如需再换发新证，请用 --index %llu\n"),
		    (unsigned long long)it->old, (unsigned long long)it->by,
		    number, (unsigned long long)it->by);
	else if (it->refused)
		printf(TR("index %llu: the signer refused its replacement; "
			  "index %llu is void, the old one is as it was\n",
			   "序号 %llu：签名器拒绝签发新证；序号 %llu "
			   "已作废，旧证不变\n"),
		    (unsigned long long)it->old, (unsigned long long)it->by);
	else if (dry)
		printf(it->keeps_number || *it->number == '\0'
			   ? TR("index %llu: would be replaced, number %s\n",
				 "序号 %llu：将换发，编号 %s\n")
			   : TR("index %llu: would be replaced, number %s "
				"would be replaced by a new one\n",
				 "序号 %llu：将换发，编号 %s 将改为新编号\n"),
		    (unsigned long long)it->old, number);
	else
		printf(TR("index %llu: replaced by index %llu, number %s\n",
			   "序号 %llu：已换发为序号 %llu，编号 %s\n"),
		    (unsigned long long)it->old, (unsigned long long)it->by,
		    number);
}
