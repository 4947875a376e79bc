#include "verifier/review_cmd.h"

static const struct cli_command commands[] = {
    {"check", review_cmd_check, "review a table of claims; books nothing",
	"审核申领表，不记账"},
    {"book", review_cmd_book, "review, and book what passes",
	"审核，并把通过的记入台账"},
    {"approve", review_cmd_approve, "approve booked claims",
	"批准已记账的申领"},
    {"pay", review_cmd_pay, "mark approved claims as paid", "记为已支付"},
    {"reject", review_cmd_reject, "reject claims before they are paid",
	"支付前驳回"},
    {"return", review_cmd_return, "mark paid claims as reclaimed",
	"记为已追回"},
    {"list", review_cmd_list, "list the ledger", "列出台账"},
    {"report", review_cmd_report,
	"claims on certificates that are no longer good",
	"所凭证书已失效的申领"},
    {"user add", review_cmd_user_add, "make a user of the page",
	"添加审核网页的用户"},
    {"user reset", review_cmd_user_reset, "new pass phrase and secret",
	"更换口令和密钥"},
    {"user lock", review_cmd_user_lock, "let a user in no more", "锁定用户"},
    {"user unlock", review_cmd_user_unlock, "let a user in again",
	"解除锁定"},
    {"user role", review_cmd_user_role, "give a user another role",
	"更改角色"},
    {"user list", review_cmd_user_list, "list the users", "列出用户"},
    {"anomalies", review_cmd_anomalies, "what is odd about issuing bodies",
	"发证机构的数据异常"},
    {"explain", review_cmd_explain, "mark findings of anomalies as explained",
	"把异常标为已解释"},
    {"prune", review_cmd_prune, "remove old uploaded tables",
	"删除过期的申领表"},
    {"statistics", review_cmd_statistics,
	"write a public page of what was booked and paid",
	"写出可公开的统计网页"},
    {0},
};

int
main(int argc, char **argv)
{
	return cli_main(argc, argv, "tamga-review", commands,
	    "Reviews subsidy claims against certificates and rules, and keeps "
	    "the ledger.\n按证书和规则审核补贴申领，并管理台账。");
}
