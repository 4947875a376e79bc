#include "web/problem.h"

#include <assert.h>

static const struct web_problem_info INFO[N_WEB_PROBLEMS] = {
    [WEB_OK] = {200, "ok", "", ""},
    [WEB_BAD_REQUEST] = {400, "bad_request",
	"The request is not well-formed HTTP.", "请求不是合格的 HTTP。"},
    [WEB_BAD_TARGET] = {400, "bad_target",
	"The address asked for is not well-formed.", "请求的地址写法不对。"},
    [WEB_LONG_TARGET] = {414, "target_too_long",
	"The address asked for is too long.", "请求的地址太长。"},
    [WEB_BAD_VERSION] = {505, "bad_version",
	"Only HTTP/1.0 and HTTP/1.1 are spoken here.",
	"只支持 HTTP/1.0 和 HTTP/1.1。"},
    [WEB_BAD_HEADER] = {400, "bad_header",
	"A header line is malformed, or stands twice.",
	"请求头有误，或有不该重复的行。"},
    [WEB_MANY_HEADERS] = {431, "too_many_headers", "More than 63 header lines.",
	"请求头超过 63 行。"},
    [WEB_BAD_HOST] = {400, "bad_host",
	"The Host header must stand exactly once and name a host.",
	"Host 请求头必须恰好有一个，并写明主机。"},
    [WEB_BAD_LENGTH] = {400, "bad_content_length",
	"Content-Length must stand once, as plain digits.",
	"Content-Length 只能出现一次，且只含数字。"},
    [WEB_AMBIGUOUS] = {400, "ambiguous_length",
	"Content-Length and Transfer-Encoding contradict each other.",
	"Content-Length 与 Transfer-Encoding 不能同时使用。"},
    [WEB_CODING] = {501, "transfer_coding",
	"Send the body with Content-Length; no transfer codings are taken.",
	"请用 Content-Length 发送正文；不接受传输编码。"},
    [WEB_EXPECTATION] = {417, "expectation",
	"No other expectation than 100-continue can be met.",
	"除 100-continue 外不支持其他 Expect。"},
    [WEB_NO_LENGTH] = {411, "length_required",
	"Say the length of the body with Content-Length.",
	"请用 Content-Length 说明正文长度。"},
    [WEB_BODY_ON_GET] = {400, "unexpected_body",
	"A request of this method has no body.", "这种请求方法不能带正文。"},
    [WEB_NOT_FOUND] = {404, "not_found", "There is nothing at this address.",
	"这个地址没有内容。"},
    [WEB_METHOD] = {405, "method_not_allowed",
	"This address does not take that method; see Allow.",
	"这个地址不支持该方法，见 Allow。"},
    [WEB_TOO_LARGE] = {413, "body_too_large",
	"The body is larger than this address takes.",
	"正文超过这个地址的上限。"},
    [WEB_SLOW] = {408, "body_too_slow",
	"The body did not arrive within its time.",
	"正文没有在规定时间内到达。"},
    [WEB_CUT_SHORT] = {400, "body_cut_short",
	"The connection ended before the whole body had come.",
	"正文还没有收全，连接就断了。"},
    [WEB_EMPTY] = {400, "body_empty",
	"There is nothing to check: send a QR text, a picture or a PDF.",
	"没有可核验的内容：请提供二维码文字、图片或 PDF。"},
    [WEB_TYPE] = {415, "media_type",
	"Content-Type must be text/plain, application/json, image/* or "
	"application/pdf.",
	"Content-Type 应为 text/plain、application/json、image/* 或 "
	"application/pdf。"},
    [WEB_ENCODED] = {415, "content_coding",
	"Send the body without Content-Encoding.",
	"正文不要使用 Content-Encoding。"},
    [WEB_MULTIPART] = {400, "bad_form", "The form data are malformed.",
	"表单数据格式有误。"},
    [WEB_JSON] = {400, "bad_json",
	"The body must be one JSON object {\"qr\": \"text of the QR code\"}, and "
	"for a match \"id\": an ID number.",
	"正文必须是一个 JSON 对象 {\"qr\": \"二维码文字\"}；比对时再加 "
	"\"id\"：证件号码。"},
    [WEB_TEXT] = {413, "text_too_long", "A QR text has at most 4096 bytes.",
	"二维码文字最多 4096 字节。"},
    [WEB_PICTURE] = {415, "not_a_picture",
	"This is neither a picture nor a PDF that can be read here (PNG, JPEG, "
	"WebP, HEIC, TIFF, BMP, GIF, "
	"PDF), or it is damaged.",
	"这不是能读取的图片或 PDF（支持 PNG、JPEG、WebP、HEIC、TIFF、BMP、GIF、PDF），或文件已损坏。"},
    [WEB_PICTURE_LARGE] = {413, "picture_too_large",
	"The picture has too many pixels, or the PDF too many pages.",
	"图片像素太多，或 PDF 页数太多。"},
    [WEB_PICTURE_LOCKED] = {415, "pdf_locked",
	"The PDF asks for a pass phrase; send it without one.",
	"PDF 设有密码，请先去掉密码。"},
    [WEB_PICTURE_SLOW] = {422, "picture_too_slow",
	"The picture could not be searched within its time; photograph only "
	"the QR code.",
	"没有在规定时间内读完图片，请只拍二维码部分。"},
    [WEB_FORM] = {400, "form", "The form is not well-formed.",
	"提交的表单格式不对。"},
    [WEB_INSECURE] = {403, "insecure",
	"The reviewer's page is served over HTTPS alone; on this machine itself "
	"it answers at http://localhost.",
	"审核网页只通过 HTTPS 提供；在本机上可用 http://localhost 打开。"},
    [WEB_SIGNED_OUT] = {403, "signed_out",
	"You are not signed in, or were not active for too long. Sign in again.",
	"尚未登录，或太久没有操作。请重新登录。"},
    [WEB_FORBIDDEN] = {403, "forbidden",
	"Your role does not include this. The administrator assigns roles.",
	"您的角色没有这项权限。角色由管理员设置。"},
    [WEB_ORIGIN] = {403, "foreign_origin",
	"This came from the page of another site and was not carried out.",
	"该请求来自其他网站的页面，没有执行。"},
    [WEB_TOKEN] = {403, "bad_token",
	"The form is of an earlier session and was not carried out. Open the "
	"page again.",
	"表单属于以前的会话，没有执行。请重新打开页面。"},
    [WEB_TABLE] = {422, "table", "The table of claims cannot be read.",
	"申领表无法读取。"},
    [WEB_FAULT] = {500, "fault",
	"We cannot check at the moment. This says nothing about the "
	"certificate.",
	"系统暂时无法核验。这不说明证书有任何问题。"},
    [WEB_BUSY] = {503, "busy",
	"Too much to do just now; try again in a moment.",
	"现在太忙，请稍后再试。"},
    [WEB_TOO_MANY] = {429, "too_many_requests",
	"Too many requests from this address; wait a little.",
	"来自这个地址的请求太多，请稍候。"},
    [WEB_DRAINING] = {503, "shutting_down",
	"The service is shutting down; try again in a moment.",
	"服务正在关闭，请稍后再试。"},
    [WEB_NOT_READY] = {503, "not_ready",
	"The service has no trust list or publication yet.",
	"服务还没有信任名单或发布数据。"},
};

const struct web_problem_info *
problem_info(enum web_problem p)
{
	assert(p < N_WEB_PROBLEMS);
	return &INFO[p];
}

const char *
problem_phrase(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 204:
		return "No Content";
	case 303:
		return "See Other";
	case 304:
		return "Not Modified";
	case 400:
		return "Bad Request";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 408:
		return "Request Timeout";
	case 409:
		return "Conflict";
	case 411:
		return "Length Required";
	case 413:
		return "Content Too Large";
	case 414:
		return "URI Too Long";
	case 415:
		return "Unsupported Media Type";
	case 417:
		return "Expectation Failed";
	case 422:
		return "Unprocessable Content";
	case 429:
		return "Too Many Requests";
	case 431:
		return "Request Header Fields Too Large";
	case 500:
		return "Internal Server Error";
	case 501:
		return "Not Implemented";
	case 503:
		return "Service Unavailable";
	case 505:
		return "HTTP Version Not Supported";
	default:
		return status < 400 ? "OK" : "Error";
	}
}
