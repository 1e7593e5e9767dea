-- The action `tollgate`: checks a request with `tollgate serve --proxy haproxy`.
--
-- If the request may pass, the variable txn.tollgate is `pass`, and txn.tollgate_* have the identity headers,
-- with which haproxy.cfg overwrites what the client sent. If Tollgate refuses, the client gets its response.
-- After an error, nothing is set.

local URL = "http://{{tollgate}}/auth"
local TIMEOUT_MS = {{patience}}000

-- The client's headers that the check gets. Add those of `token_from`: "cookie", for instance.
local REQUEST = {
    "authorization",
    "{{source}}",
{{if cookie}}
    "cookie",
{{end}}
    -- They identify a CORS preflight, and a request from another site.
    "origin", "access-control-request-method", "sec-fetch-site", "sec-websocket-key", "sec-websocket-version",
{{if sign_in}}
    -- Which of public_url the browser sees, and whether it opens a page, which can be redirected to sign-in.
    "x-forwarded-host", "accept", "sec-fetch-mode", "sec-fetch-dest", "sec-purpose", "next-router-prefetch",
{{end}}
    -- They decide only where a rule says `mcp`.
    "mcp-protocol-version", "mcp-method", "mcp-name",
    -- They connect the log lines of HAProxy, Tollgate and the service.
    "x-request-id", "traceparent",
}

-- The headers of a refusal that the client gets.
local REFUSAL = {
    "www-authenticate", "retry-after", "content-type", "cache-control",
    "access-control-allow-origin", "access-control-expose-headers", "vary",
{{if sign_in}}
    "location", "content-security-policy", "referrer-policy", "x-content-type-options",
{{end}}
}

-- X-Auth-Request-User becomes txn.tollgate_x_auth_request_user.
local function variable(name)
    return "txn.tollgate_" .. name:gsub("-", "_")
end

core.register_action("tollgate", { "http-req" }, function(txn)
    local client, headers = txn.http:req_get_headers(), {}
    for _, name in ipairs(REQUEST) do
        -- All values of a repeated header, which Tollgate refuses.
        headers[name] = client[name]
    end
    -- Tollgate reads the method and the path from these two and from nothing else. `pathq` is the path
    -- and the query as the client wrote them.
    headers["x-forwarded-method"] = { txn.sf:method() }
    headers["x-forwarded-uri"] = { txn.sf:pathq() }

    local answer = core.httpclient():get({ url = URL, headers = headers, timeout = TIMEOUT_MS })
    local status, kind = answer.status or 0, (answer.headers or {})["content-type"]
    if status >= 200 and status < 300 then
        for name, values in pairs(answer.headers) do
            txn:set_var(variable(name), values[0])
        end
        txn:set_var("txn.tollgate", "pass")
{{if sign_in}}
    elseif status == 302 or status >= 400 and (status < 500 or kind and kind[0] == "application/json") then
{{else}}
    elseif status >= 400 and (status < 500 or kind and kind[0] == "application/json") then
{{end}}
        local reply = txn:reply({ status = status, body = answer.body })
        for _, name in ipairs(REFUSAL) do
            if answer.headers[name] then
                reply:add_header(name, answer.headers[name][0])
            end
        end
        txn:done(reply)
    end
    -- Otherwise, Tollgate is unreachable, or took too long: HAProxy's client answers 503 or 504 with HTML.
end)
