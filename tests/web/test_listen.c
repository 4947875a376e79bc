#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <arpa/inet.h>

#include "web/listen.h"

static void
addresses(void **state)
{
	static const char *const good[] = {
	    "127.0.0.1:8080", "0.0.0.0:80", "127.0.0.1:0", "0.0.0.0:65535"};
	static const struct {
		const char *listen, *says;
	} bad[] = {
	    {"localhost:8080", "127.0.0.1:8080"},
	    {"443s", "no TLS"},
	    {"127.0.0.1:443s", "no TLS"},
	    {"80r", "no TLS"},
	    {"[::1]:8080", "no IPv6"},
	    {"", "ADDRESS:PORT"},
	    {"127.0.0.1:", "ADDRESS:PORT"},
	    {"127.0.0.1", "ADDRESS:PORT"},
	    {":8080", "ADDRESS:PORT"},
	    {"8080", "0.0.0.0 for every address"},
	    {"127.0.0.1:65536", "ADDRESS:PORT"},
	    {"8080,8081", "ADDRESS:PORT"},
	    {"+8080", "ADDRESS:PORT"},
	    {"host.example:80", "ADDRESS:PORT"},
	    {"1.2.3:80", "ADDRESS:PORT"},
	    {"256.0.0.1:80", "ADDRESS:PORT"},
	    {"1.1.1.1.1.1.1.1.1.1.1:80", "ADDRESS:PORT"},
	};
	struct sockaddr_in addr;
	struct why why;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		why = (struct why){0};
		assert_int_equal(listen_parse(good[i], &addr, &why), CRED_OK);
	}
	assert_int_equal(listen_parse("127.0.0.2:8080", &addr, &why), CRED_OK);
	assert_int_equal(addr.sin_family, AF_INET);
	assert_int_equal(ntohs(addr.sin_port), 8080);
	assert_int_equal(ntohl(addr.sin_addr.s_addr), 0x7f000002);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		why = (struct why){0};
		assert_int_equal(listen_parse(bad[i].listen, &addr, &why),
		    CRED_FAULT_CONFIG);
		assert_non_null(strstr(why.text, bad[i].says));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(addresses)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
