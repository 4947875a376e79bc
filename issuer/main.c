#include "issuer/cmd.h"

static const struct cli_command commands[] = {
    {"check", cmd_check, "check a roster; issues nothing",
	"检查名册，不签发"},
    {"issue", cmd_issue, "issue certificates from a roster", "按名册签发证书"},
    {"render", cmd_render, "print issued certificates as PDF",
	"把已签发的证书生成 PDF"},
    {"publish", cmd_publish, "publish status lists and log",
	"发布状态列表与签发日志"},
    {"list", cmd_list, "list certificates", "列出证书"},
    {"show", cmd_show, "show one certificate", "显示一份证书"},
    {"verify", cmd_verify, "check the registry against keys, log and status",
	"核对登记库与密钥、日志、状态"},
    {"audit", cmd_audit, "list and check the audit trail",
	"列出并核对审计记录"},
    {"revoke", cmd_revoke, "revoke certificates for good", "撤销证书"},
    {"suspend", cmd_suspend, "suspend certificates", "暂停证书"},
    {"replace", cmd_replace, "issue another certificate for one", "换发证书"},
    {"template check", cmd_template_check, "check an SVG template",
	"检查 SVG 模板"},
    {"template", cmd_template, "write an empty roster to fill in",
	"写出空白名册表格"},
    {"reinstate", cmd_reinstate, "lift a suspension", "恢复已暂停的证书"},
    {"void", cmd_void, "give up indexes that were reserved and never signed",
	"作废已预留而从未签名的序号"},
    {"backup", cmd_backup, "copy the home, while others issue", "备份数据目录"},
    {"restore", cmd_restore, "put a backup in place", "恢复备份"},
    {"db status", cmd_db_status, "what stands behind --registry",
	"说明登记库的引擎和状态"},
    {"db migrate", cmd_db_migrate, "make or update the registry's tables",
	"建立或升级登记库的表"},
    {"db copy", cmd_db_copy, "copy a registry to another engine, and compare",
	"把登记库复制到另一引擎并核对"},
    {0},
};

int
main(int argc, char **argv)
{
	return cli_main(argc, argv, "tamga-issuer", commands,
	    "Issues certificates from rosters, and keeps what was issued.\n"
	    "按名册签发证书，并保管签发记录。");
}
