#include "web/listen.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "edge/lang.h"

enum cred_err
listen_parse(const char *s, struct sockaddr_in *out, struct why *why)
{
	char address[INET_ADDRSTRLEN];
	size_t host = strspn(s, "0123456789.");
	const char *port = s[host] == ':' ? s + host + 1 : s;
	size_t digits = strspn(port, "0123456789");

	if (strncmp(s, "localhost:", 10) == 0)
		return why_set(why, CRED_FAULT_CONFIG,
		    TR("--listen %s: write the address in digits, 127.0.0.1:%s",
			"--listen %s：地址请写成数字，如 127.0.0.1:%s"),
		    s, s + 10);
	if (digits > 0 && (port[digits] == 's' || port[digits] == 'r'))
		return why_set(why, CRED_FAULT_CONFIG,
		    TR("--listen %s: no TLS is spoken here; let nginx or "
		       "another "
		       "proxy in front do it (deploy/)",
			"--listen %s：本服务不做 TLS，请由前面的 nginx "
			"等代理承担（见 "
			"deploy/）"),
		    s);
	if (s[0] == '[')
		return why_set(why, CRED_FAULT_CONFIG,
		    TR("--listen %s: no IPv6 is spoken here; listen on "
		       "127.0.0.1 and let the proxy in front take IPv6",
			"--listen %s：本服务不支持 IPv6；请监听 127.0.0.1，"
			"由前面的代理接收 IPv6"),
		    s);
	if (digits == 0 || digits > 5 || port[digits] != '\0' ||
	    atoi(port) > 65535 || port == s || host >= sizeof address ||
	    (memcpy(address, s, host), address[host] = '\0',
		inet_pton(AF_INET, address, &out->sin_addr) != 1))
		return why_set(why, CRED_FAULT_CONFIG,
		    TR("--listen %s: expected ADDRESS:PORT, such as "
		       "127.0.0.1:8080; 0.0.0.0 for every address",
			"--listen %s：应为 地址:端口，如 127.0.0.1:8080；"
			"0.0.0.0 为全部地址"),
		    s);
	out->sin_family = AF_INET;
	out->sin_port = htons((uint16_t)atoi(port));
	return CRED_OK;
}
