//! HTTP: servers and requests of programs, over real sockets.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::process::{Scratch, command, text};

/// Longest wait for anything in these tests.
const PATIENCE: Duration = Duration::from_secs(20);

/// A program that serves, until the test is over.
struct Service {
    child: Child,
    port: u16,
    _scratch: Scratch,
}

impl Service {
    /// Runs a program that calls `HttpServe` as `server` and prints `server.port`.
    fn start(options: &str, routes: &str) -> Service {
        Service::with(options, routes, &["--workers", "1"])
    }

    fn with(options: &str, routes: &str, serve: &[&str]) -> Service {
        let scratch = Scratch::new();
        let source = format!(
            "Focus {{ induce server = HttpServe({options});\n{routes}\nobserve server.port; }} Relax"
        );
        let module = scratch.module("service", &source);
        let mut child = command("hypvm")
            .arg("serve")
            .args(serve)
            .args(["--allow-net", "--allow-read"])
            .arg(text(&module))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("hypvm starts");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("a pipe"))
            .read_line(&mut line)
            .expect("a line");
        let port = line.trim().parse();
        let port = port.unwrap_or_else(|_| panic!("{line:?} {}", output_of(&mut child)));
        Service { child, port, _scratch: scratch }
    }

    fn connect(&self) -> Peer {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time limit");
        stream.set_nodelay(true).expect("an option");
        Peer { reader: BufReader::new(stream) }
    }

    /// Sends one request on a connection of its own.
    fn ask(&self, request: &str) -> Answer {
        let mut peer = self.connect();
        peer.send(request);
        peer.answer().expect("an answer")
    }

    fn get(&self, path: &str) -> Answer {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n"))
    }

    #[cfg(unix)]
    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = std::process::Command::new("kill").args(["-s", name, &pid]).status();
        assert!(status.expect("kill starts").success());
    }

    /// Waits for the end; gives the exit code and standard error.
    fn end(&mut self) -> (Option<i32>, String) {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().expect("a status") {
                return (status.code(), output_of(&mut self.child));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the service does not end");
    }
}

fn output_of(child: &mut Child) -> String {
    let _ = child.kill();
    let mut text = String::new();
    let _ = child.stderr.as_mut().expect("a pipe").read_to_string(&mut text);
    text
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The other side of a connection.
struct Peer {
    reader: BufReader<TcpStream>,
}

#[derive(Debug, Default)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let field = |line: &'_ str| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().len())
        };
        let line = self.head.lines().find(|line| field(line).is_some())?;
        line.split_once(':').map(|(_, value)| value.trim())
    }
}

impl Peer {
    fn send(&mut self, text: &str) {
        // The service may have closed the connection already, which the answer shows.
        let _ = self.reader.get_mut().write_all(text.as_bytes());
    }

    /// The next response; `None` if the connection has ended.
    fn answer(&mut self) -> Option<Answer> {
        let mut answer = Answer::default();
        loop {
            let mut line = String::new();
            match self.reader.read_line(&mut line) {
                Ok(0) | Err(_) => return None,
                Ok(_) if line == "\r\n" => break,
                Ok(_) => answer.head.push_str(&line),
            }
        }
        answer.status = answer.head.split(' ').nth(1)?.parse().ok()?;
        let length = answer.header("content-length").map_or(0, |n| n.parse().expect("a length"));
        let mut body = vec![0; length];
        self.reader.read_exact(&mut body).ok()?;
        answer.body = String::from_utf8(body).expect("text");
        Some(answer)
    }

    /// Whether the service closes the connection without another byte.
    fn is_closed(&mut self) -> bool {
        matches!(self.reader.read(&mut [0; 1]), Ok(0))
            || matches!(self.reader.read(&mut [0; 1]), Err(e) if e.kind() == std::io::ErrorKind::ConnectionReset)
    }
}

const ROUTES: &str = r#"
HttpRoute(server, "GET", "/", suggestion(request) { awaken "hello"; });
HttpRoute(server, "GET", "/users/:id/{part}", suggestion(request) { awaken request.params; });
HttpRoute(server, "GET", "/files/{*path}", suggestion(request) { awaken request.params.path; });
HttpRoute(server, "GET", "/query", suggestion(request) { awaken request.query; });
HttpRoute(server, "GET", "/head", suggestion(request) {
    awaken [request.method, request.path, request.headers["x-a"], request.cookies.c, request.remote];
});
HttpRoute(server, "POST", "/json", suggestion(request) { awaken request.json().list; });
HttpRoute(server, "POST", "/form", suggestion(request) { awaken request.form; });
HttpRoute(server, "PUT", "/text", suggestion(request) { awaken ToUpper(request.body); });
HttpRoute(server, "*", "/any", suggestion(request) { awaken request.method; });
HttpRoute(server, "GET", "/null", suggestion(request) { awaken null; });
HttpRoute(server, "GET", "/respond", suggestion(request) {
    awaken Respond(201, {id: 7}, {location: "/x", "set-cookie": ["a=1", "b=2"]});
});
HttpRoute(server, "GET", "/problem", suggestion(request) { throw Problem(409, "name.taken", "taken", {name: "a"}); });
HttpRoute(server, "GET", "/error", suggestion(request) { awaken request.nothing.deeper; });
HttpRoute(server, "GET", "/header", suggestion(request) { awaken Respond(200, "", {"x-a": "b\r\nc: d"}); });
HttpRoute(server, "GET", "/deep", suggestion(request) {
    suggestion sink(n) { awaken 1 + sink(n + 1); }
    awaken sink(0);
});
HttpRoute(server, "GET", "/slow", suggestion(request) { drift(300); awaken "slow"; });
HttpRoute(server, "GET", "/late", suggestion(request) {
    try { drift(60000); } finally { whisper ""; }
}, {timeoutMs: 100});
"#;

#[test]
fn handlers_get_the_parts_of_a_request() {
    let service = Service::start("{}", ROUTES);
    let answer = service.get("/");
    assert_eq!((answer.status, answer.body.as_str()), (200, "hello"));
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(service.get("/users/a%20b/c").body, r#"{"id":"a b","part":"c"}"#);
    assert_eq!(service.get("/files/a/b.txt").body, "a/b.txt");
    assert_eq!(service.get("/query?a=1&b=x+y%21&a=2").body, r#"{"a":"2","b":"x y!"}"#);
    let head = "GET /head HTTP/1.1\r\nHost: t\r\nX-A: 1\r\nx-a: 2\r\nCookie: b=0; c=ok\r\n\r\n";
    assert_eq!(service.ask(head).body, r#"["GET","/head","1, 2","ok","127.0.0.1"]"#);
    let json = "POST /json HTTP/1.1\r\nHost: t\r\nContent-Length: 14\r\n\r\n{\"list\":[1,2]}";
    let answer = service.ask(json);
    assert_eq!((answer.status, answer.body.as_str()), (200, "[1,2]"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let form = "POST /form HTTP/1.1\r\nHost: t\r\nContent-Type: application/x-www-form-urlencoded\r\n\
                Content-Length: 9\r\n\r\na=1&b=%32";
    assert_eq!(service.ask(form).body, r#"{"a":"1","b":"2"}"#);
    let chunked = "PUT /text HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n\
                   3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    assert_eq!(service.ask(chunked).body, "ABCDE");
}

#[test]
fn responses_are_what_handlers_give() {
    let service = Service::start("{}", ROUTES);
    assert_eq!(service.get("/null").status, 204);
    let answer = service.get("/respond");
    assert_eq!((answer.status, answer.body.as_str()), (201, r#"{"id":7}"#));
    assert_eq!(answer.header("location"), Some("/x"));
    assert!(answer.head.contains("set-cookie: a=1\r\nset-cookie: b=2\r\n"), "{answer:?}");
    let answer = service.get("/problem");
    assert_eq!(answer.status, 409);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert!(answer.body.contains(r#""code":"name.taken""#), "{answer:?}");
    assert!(answer.body.contains(r#""details":{"name":"a"}"#), "{answer:?}");
    assert_eq!(service.get("/nowhere").status, 404);
    let answer = service.ask("DELETE / HTTP/1.1\r\nHost: t\r\n\r\n");
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD, OPTIONS")));
    assert_eq!(service.ask("OPTIONS / HTTP/1.1\r\nHost: t\r\n\r\n").status, 204);
    assert_eq!(service.ask("PATCH /any HTTP/1.1\r\nHost: t\r\n\r\n").body, "PATCH");
    let mut peer = service.connect();
    peer.send("HEAD / HTTP/1.1\r\nHost: t\r\n\r\nGET /any HTTP/1.1\r\nHost: t\r\n\r\n");
    let mut head = vec![0; 1];
    let mut all = Vec::new();
    while !all.ends_with(b"\r\n\r\n") {
        peer.reader.read_exact(&mut head).expect("a head");
        all.extend(&head);
    }
    assert!(String::from_utf8_lossy(&all).contains("content-length: 5"));
    assert_eq!(peer.answer().expect("the next answer").body, "GET");
}

#[test]
fn errors_of_one_request_do_not_hurt_others() {
    let mut service = Service::start("{}", ROUTES);
    let mut waiting = service.connect();
    waiting.send("GET /slow HTTP/1.1\r\nHost: t\r\n\r\n");
    let id = "GET /error HTTP/1.1\r\nHost: t\r\nX-Request-Id: test-17\r\n\r\n";
    let answer = service.ask(id);
    assert_eq!((answer.status, answer.header("x-request-id")), (500, Some("test-17")));
    assert!(!answer.body.contains("nothing"), "{answer:?}");
    assert_eq!(service.get("/deep").status, 500);
    assert_eq!(service.get("/header").status, 500);
    assert_eq!(service.get("/late").status, 504);
    assert_eq!(waiting.answer().expect("an answer").body, "slow");
    service.signal("TERM");
    let (code, stderr) = service.end();
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("request test-17: service.hyp:"), "{stderr}");
    assert!(stderr.contains("Object has no field 'nothing'"), "{stderr}");
}

#[test]
fn a_connection_serves_many_requests_and_waits_for_none() {
    let service = Service::start("{}", ROUTES);
    let mut peer = service.connect();
    for _ in 0..100 {
        peer.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
        assert_eq!(peer.answer().expect("an answer").body, "hello");
    }
    // Pipelined requests are answered in order.
    peer.send(&"GET /any HTTP/1.1\r\nHost: t\r\n\r\nGET / HTTP/1.1\r\nHost: t\r\n\r\n".repeat(20));
    for _ in 0..20 {
        assert_eq!(peer.answer().expect("an answer").body, "GET");
        assert_eq!(peer.answer().expect("an answer").body, "hello");
    }
    // Slow handlers run side by side.
    let start = Instant::now();
    let mut peers: Vec<Peer> = (0..50).map(|_| service.connect()).collect();
    peers.iter_mut().for_each(|peer| peer.send("GET /slow HTTP/1.1\r\nHost: t\r\n\r\n"));
    for peer in &mut peers {
        assert_eq!(peer.answer().expect("an answer").body, "slow");
    }
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn bodies_and_heads_are_limited() {
    let service = Service::start("{bodyMax: 1000, headersMax: 8192}", ROUTES);
    let large = format!(
        "PUT /text HTTP/1.1\r\nHost: t\r\nContent-Length: 1001\r\n\r\n{}",
        "x".repeat(1001)
    );
    assert_eq!(service.ask(&large).status, 413);
    let chunk = format!("3e8\r\n{}\r\n", "x".repeat(1000));
    let chunked = format!(
        "PUT /text HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}{chunk}0\r\n\r\n"
    );
    assert_eq!(service.ask(&chunked).status, 413);
    let exact = format!(
        "PUT /text HTTP/1.1\r\nHost: t\r\nContent-Length: 1000\r\n\r\n{}",
        "x".repeat(1000)
    );
    assert_eq!(service.ask(&exact).body.len(), 1000);
    let field = format!("GET / HTTP/1.1\r\nHost: t\r\nX-A: {}\r\n\r\n", "a".repeat(20_000));
    assert_eq!(service.ask(&field).status, 431);
    let fields = format!("GET / HTTP/1.1\r\nHost: t\r\n{}\r\n", "X-A: b\r\n".repeat(200));
    assert_eq!(service.ask(&fields).status, 431);
    let target = format!("GET /{} HTTP/1.1\r\nHost: t\r\n\r\n", "a".repeat(20_000));
    assert!(matches!(service.ask(&target).status, 414 | 431));
    assert_eq!(service.get("/").body, "hello");
}

#[test]
fn ambiguous_requests_are_refused() {
    let service = Service::start("{}", ROUTES);
    let smuggled = [
        // Two lengths; a length that is none; a coding that is none; chunks that are none.
        "PUT /text HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "PUT /text HTTP/1.1\r\nHost: t\r\nContent-Length: +3\r\n\r\nabc",
        "PUT /text HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "PUT /text HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
        "PUT /text HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        "GET / HTTP/1.1\r\nHost : t\r\n\r\n",
        "GET / HTTP/1.1\r\nX-A: a\r\n b\r\n\r\n",
        "GE\0T / HTTP/1.1\r\nHost: t\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00",
        "hello\r\n\r\n",
    ];
    for request in smuggled {
        let mut peer = service.connect();
        peer.send(request);
        peer.send("GET /any HTTP/1.1\r\nHost: t\r\n\r\n");
        let answer = peer.answer();
        let is_refused = answer.as_ref().is_none_or(|answer| answer.status == 400);
        assert!(is_refused, "{request:?}: {answer:?}");
        assert!(peer.answer().is_none(), "{request:?} leaves the connection open");
    }
    // With both, the coding counts, and the connection ends.
    let mut peer = service.connect();
    peer.send("PUT /text HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n");
    let answer = peer.answer();
    assert!(answer.is_none_or(|a| a.status == 400 || a.body == "A"));
    assert_eq!(service.get("/").body, "hello");
}

#[test]
fn slow_peers_lose_their_connection() {
    let times =
        "{headerTimeoutMs: 500, bodyTimeoutMs: 500, idleTimeoutMs: 500, writeTimeoutMs: 500}";
    let service = Service::start(times, ROUTES);
    let silent = service.connect();
    let mut slow_head = service.connect();
    slow_head.send("GET / HTTP/1.1\r\nHost: t\r\n");
    let mut slow_body = service.connect();
    slow_body.send("PUT /text HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabc");
    let mut idle = service.connect();
    idle.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
    assert_eq!(idle.answer().expect("an answer").body, "hello");
    let start = Instant::now();
    // Bytes that come one by one do not help.
    for _ in 0..8 {
        std::thread::sleep(Duration::from_millis(200));
        slow_head.send("X");
        slow_body.send("x");
    }
    for mut peer in [silent, slow_head, slow_body, idle] {
        assert!(peer.is_closed());
    }
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
    assert_eq!(service.get("/").body, "hello");
    // A peer that only ends its side still gets its answer.
    let mut half = service.connect();
    half.send("GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    half.reader.get_mut().shutdown(std::net::Shutdown::Write).expect("a half-closed connection");
    assert_eq!(half.answer().expect("an answer").body, "hello");
}

#[test]
fn many_idle_connections_leave_room_for_requests() {
    let service = Service::with("{connectionsMax: 2000}", ROUTES, &["--workers", "2"]);
    let mut peers: Vec<Peer> = (0..1500).map(|_| service.connect()).collect();
    for peer in peers.iter_mut().step_by(50) {
        peer.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
        assert_eq!(peer.answer().expect("an answer").body, "hello");
    }
    assert_eq!(service.get("/").body, "hello");
}

#[test]
fn connections_beyond_the_limit_wait() {
    let service = Service::start("{connectionsMax: 2}", ROUTES);
    let mut first = service.connect();
    let mut second = service.connect();
    for peer in [&mut first, &mut second] {
        peer.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
        assert_eq!(peer.answer().expect("an answer").body, "hello");
    }
    let mut third = service.connect();
    third.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
    let wait = Some(Duration::from_millis(300));
    third.reader.get_mut().set_read_timeout(wait).expect("a time limit");
    assert!(third.reader.fill_buf().is_err(), "the third connection is served at once");
    third.reader.get_mut().set_read_timeout(Some(PATIENCE)).expect("a time limit");
    drop(first);
    assert_eq!(third.answer().expect("an answer").body, "hello");
}

#[test]
fn code_that_does_not_stop_is_cancelled() {
    let routes = r#"
        HttpRoute(server, "GET", "/", suggestion(request) { awaken "hello"; });
        HttpRoute(server, "GET", "/loop", suggestion(request) { while (true) { } });
    "#;
    let serve = ["--workers", "1", "--timeout", "500ms"];
    let mut service = Service::with("{}", routes, &serve);
    let mut peer = service.connect();
    peer.send("GET /loop HTTP/1.1\r\nHost: t\r\n\r\n");
    assert_eq!(peer.answer().expect("an answer").status, 500);
    assert_eq!(service.get("/").body, "hello");
    service.signal("TERM");
    let (code, stderr) = service.end();
    assert!(stderr.contains("is cancelled"), "{stderr}");
    assert_eq!(code, Some(0), "{stderr}");
}

#[test]
fn a_handler_may_end_the_program() {
    let routes = r#"
        HttpRoute(server, "GET", "/", suggestion(request) { awaken "hello"; });
        HttpRoute(server, "GET", "/close", suggestion(request) { Close(server); awaken "closed"; });
        HttpRoute(server, "GET", "/exit", suggestion(request) { try { Exit(3); } finally { drift(1); } });
        spawnTask(suggestion() { try { drift(60000); } finally { observe "cleaned up"; } });
    "#;
    let mut service = Service::start("{}", routes);
    let mut peer = service.connect();
    peer.send("GET /exit HTTP/1.1\r\nHost: t\r\n\r\n");
    assert!(peer.answer().is_none());
    assert_eq!(service.end().0, Some(3));

    let mut service = Service::start("{}", &routes.replace("60000", "1"));
    let mut idle = service.connect();
    let answer = service.get("/close");
    assert_eq!((answer.body.as_str(), answer.header("connection")), ("closed", Some("close")));
    assert!(idle.is_closed());
    assert_eq!(service.end().0, Some(0));
}

#[cfg(unix)]
#[test]
fn a_signal_loses_no_request() {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    let mut service = Service::with("{}", ROUTES, &["--workers", "2"]);
    let (n_done, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let lost = std::thread::scope(|scope| {
        let (service, n_done, is_over) = (&service, &n_done, &is_over);
        let path = |i: usize| if i.is_multiple_of(4) { "/slow" } else { "/" };
        let clients: Vec<_> = (0..16)
            .map(|i| {
                scope.spawn(move || {
                    let request = format!("GET {} HTTP/1.1\r\nHost: t\r\n\r\n", path(i));
                    let mut lost = 0;
                    while let Ok(stream) = TcpStream::connect(("127.0.0.1", service.port)) {
                        stream.set_read_timeout(Some(PATIENCE)).expect("a time limit");
                        let mut peer = Peer { reader: BufReader::new(stream) };
                        loop {
                            peer.send(&request);
                            let Some(answer) = peer.answer() else {
                                lost += 1;
                                break;
                            };
                            assert_eq!(answer.status, 200);
                            n_done.fetch_add(1, Ordering::Relaxed);
                            if answer.header("connection") == Some("close") {
                                break;
                            }
                        }
                        if is_over.load(Ordering::Relaxed) {
                            break;
                        }
                    }
                    lost
                })
            })
            .collect();
        while n_done.load(Ordering::Relaxed) < 500 {
            std::thread::sleep(Duration::from_millis(5));
        }
        service.signal("TERM");
        is_over.store(true, Ordering::Relaxed);
        clients.into_iter().map(|client| client.join().expect("a client")).sum::<usize>()
    });
    let (code, stderr) = service.end();
    assert_eq!((lost, code), (0, Some(0)), "{stderr}");
}

#[test]
fn tls_and_http_2_are_spoken_where_the_certificate_is_trusted() {
    // A certificate for `localhost`, signed by itself and valid until 2126.
    let directory = hyp_tests::subject::root().join("tests/it");
    let (cert, key) = (directory.join("localhost.pem"), directory.join("localhost.key"));
    let (cert, key) = (text(&cert), text(&key));
    let source = format!(
        r#"
        Focus {{
            induce server = HttpServe({{ tls: {{ cert: {cert:?}, key: {key:?} }} }});
            HttpRoute(server, "POST", "/", suggestion(request) {{ awaken ToUpper(request.body); }});
            HttpRoute(server, "GET", "/", suggestion(request) {{ awaken request.headers["x-a"] ?? "none"; }});
            induce url = "https://localhost:" + server.port + "/";
            observe HttpSend({{ method: "POST", url: url, body: "secret", caFile: {cert:?} }}).body;
            observe await promiseAll(ArrayMap([1, 2, 3], n => spawnTask(suggestion() {{
                awaken HttpSend({{ url: url, headers: {{ "x-a": n }}, caFile: {cert:?} }}).body;
            }})));
            try {{ HttpGet(url); }} catch (e) {{ observe e.code; }}
            try {{
                HttpSend({{ url: "https://127.0.0.1:" + server.port + "/", caFile: {cert:?} }});
            }} catch (e) {{ observe e.code; }}
            try {{ HttpServe({{ tls: {{ cert: {key:?}, key: {cert:?} }} }}); }} catch (e) {{ observe e.code; }}
            Close(server);
        }} Relax
        "#
    );
    let captured = hyp_tests::capture::run(&source, 2, |_| {}, |_| {});
    assert_eq!(captured.stdout, "SECRET\n[1, 2, 3]\nHS5403\nHS5403\nHS5403\n", "{captured:?}");
}

#[test]
fn files_have_tags_ranges_and_no_way_out() {
    let scratch = Scratch::new();
    let site = scratch.0.join("site");
    std::fs::create_dir_all(site.join("sub")).expect("a directory");
    scratch.file("secret.txt", "secret");
    scratch.file("site/a.txt", "0123456789");
    scratch.file("site/.hidden", "secret");
    scratch.file("site/sub/index.html", "<p>index");
    scratch.file("site/large.bin", vec![7; 1_000_000]);
    let routes = format!("HttpStatic(server, \"/files\", {:?}, {{ maxAge: 60 }});", text(&site));
    let service = Service::start("{}", &routes);
    let with = |path: &str, fields: &str| {
        service.ask(&format!("GET {path} HTTP/1.1\r\nHost: t\r\n{fields}\r\n"))
    };
    let whole = with("/files/a.txt", "");
    assert_eq!((whole.status, whole.body.as_str()), (200, "0123456789"));
    assert_eq!(whole.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(whole.header("cache-control"), Some("max-age=60"));
    let tag = whole.header("etag").expect("a tag").to_owned();
    let date = whole.header("last-modified").expect("a date").to_owned();
    assert_eq!(with("/files/a.txt", &format!("If-None-Match: \"x\", W/{tag}\r\n")).status, 304);
    assert_eq!(with("/files/a.txt", &format!("If-Modified-Since: {date}\r\n")).status, 304);
    let both = format!("If-None-Match: \"x\"\r\nIf-Modified-Since: {date}\r\n");
    assert_eq!(with("/files/a.txt", &both).status, 200);
    let part = with("/files/a.txt", "Range: bytes=2-4\r\n");
    assert_eq!((part.status, part.body.as_str()), (206, "234"));
    assert_eq!(part.header("content-range"), Some("bytes 2-4/10"));
    let part = with("/files/a.txt", &format!("Range: bytes=-2\r\nIf-Range: {tag}\r\n"));
    assert_eq!((part.status, part.body.as_str()), (206, "89"));
    assert_eq!(with("/files/a.txt", "Range: bytes=-2\r\nIf-Range: \"x\"\r\n").status, 200);
    let outside = with("/files/a.txt", "Range: bytes=10-\r\n");
    assert_eq!((outside.status, outside.header("content-range")), (416, Some("bytes */10")));
    assert_eq!(with("/files/large.bin", "").body.len(), 1_000_000);
    assert_eq!(with("/files/sub/", "").body, "<p>index");
    let moved = with("/files/sub", "");
    assert_eq!((moved.status, moved.header("location")), (301, Some("/files/sub/")));
    let away = [
        "/files/../secret.txt",
        "/files/%2e%2e/secret.txt",
        "/files/..%2fsecret.txt",
        "/files//etc/passwd",
        "/files/.hidden",
        "/files/sub/..%5c..%5csecret.txt",
        "/files/a.txt%00",
        "/files/none.txt",
        "/files/a.txt/b",
    ];
    for path in away {
        assert_eq!(with(path, "").status, 404, "{path}");
    }
    assert_eq!(service.ask("POST /files/a.txt HTTP/1.1\r\nHost: t\r\n\r\n").status, 405);
}

#[test]
fn text_is_compressed_for_peers_that_take_it() {
    let routes = r#"
        HttpRoute(server, "GET", "/long", suggestion(request) { awaken Repeat("calm ", 1000); });
        HttpRoute(server, "GET", "/short", suggestion(request) { awaken "calm"; });
    "#;
    let service = Service::start("{ compress: true }", routes);
    let with = |path: &str, accepted: &str| {
        let mut peer = service.connect();
        let fields = format!("Host: t\r\nAccept-Encoding: {accepted}\r\nConnection: close");
        peer.send(&format!("GET {path} HTTP/1.1\r\n{fields}\r\n\r\n"));
        let mut all = Vec::new();
        peer.reader.read_to_end(&mut all).expect("an answer");
        let head_end = all.windows(4).position(|w| w == b"\r\n\r\n").expect("a head") + 4;
        let head = String::from_utf8_lossy(&all[..head_end]).into_owned();
        (head, all.split_off(head_end))
    };
    for accepted in ["gzip", "br;q=1, gzip;q=0.2", "*"] {
        let (head, body) = with("/long", accepted);
        assert!(head.contains("content-encoding: gzip\r\n"), "{head}");
        assert!(body.len() < 500 && body.starts_with(&[0x1F, 0x8B]), "{} bytes", body.len());
        let mut text = String::new();
        flate2::read::GzDecoder::new(&body[..]).read_to_string(&mut text).expect("gzip");
        assert_eq!(text, "calm ".repeat(1000));
    }
    for (path, accepted) in [("/long", "gzip;q=0"), ("/long", "identity"), ("/short", "gzip")] {
        let (head, body) = with(path, accepted);
        assert!(!head.contains("content-encoding"), "{head}");
        assert!(body.starts_with(b"calm"));
    }
    assert!(with("/long", "identity").0.contains("vary: accept-encoding\r\n"));
}

#[test]
fn events_are_sent_until_one_side_ends() {
    let routes = r#"
        induce ended = 0;
        HttpSse(server, "/three", suggestion(request, stream) {
            loop (induce i = 1; i <= 3; i = i + 1) { StreamSend(stream, i, request.query.name); drift(5); }
        });
        HttpSse(server, "/lines", suggestion(request, stream) { StreamSend(stream, "a\nb"); throw "broken"; });
        HttpSse(server, "/endless", suggestion(request, stream) {
            try { while (StreamSend(stream, Repeat("x", 1000))) { } } finally { ended = ended + 1; }
        });
        HttpSse(server, "/silent", suggestion(request, stream) {
            try { drift(60000); } finally { ended = ended + 1; }
        });
        HttpRoute(server, "GET", "/ended", suggestion(request) { awaken ended; });
    "#;
    let mut service = Service::start("{}", routes);
    let open = |path: &str| {
        let mut peer = service.connect();
        peer.send(&format!("GET {path} HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"));
        peer
    };
    let all = |path: &str| {
        let mut text = String::new();
        open(path).reader.read_to_string(&mut text).expect("text");
        text
    };
    let three = all("/three?name=n");
    assert!(three.contains("content-type: text/event-stream\r\n"), "{three}");
    for i in 1..=3 {
        assert!(three.contains(&format!("event: n\ndata: {i}\n\n")), "{three}");
    }
    assert!(all("/lines").contains("data: a\ndata: b\n\n"));
    let (mut endless, mut silent) = (open("/endless"), open("/silent"));
    for peer in [&mut endless, &mut silent] {
        let mut line = String::new();
        peer.reader.read_line(&mut line).expect("a line");
        assert_eq!(line, "HTTP/1.1 200 OK\r\n");
    }
    drop((endless, silent));
    let start = Instant::now();
    while service.get("/ended").body != "2" {
        assert!(start.elapsed() < PATIENCE, "the handlers are not cancelled");
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut open_still = open("/silent");
    open_still.reader.read_line(&mut String::new()).expect("a line");
    service.signal("TERM");
    let (code, stderr) = service.end();
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("broken"), "{stderr}");
}

#[test]
fn the_access_log_has_a_line_of_json_for_each_request() {
    let mut service = Service::start("{accessLog: true}", ROUTES);
    service.ask("GET /?secret=1 HTTP/1.1\r\nHost: t\r\nX-Request-Id: seven\r\n\r\n");
    service.get("/nowhere%22");
    service.signal("TERM");
    let (_, stderr) = service.end();
    let lines: Vec<serde_json::Value> =
        stderr.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 2, "{stderr}");
    assert_eq!((&lines[0]["id"], &lines[0]["path"]), (&"seven".into(), &"/".into()));
    assert_eq!((&lines[0]["status"], &lines[1]["status"]), (&200.into(), &404.into()));
    assert!(lines[0]["duration_us"].is_number());
}

#[test]
fn the_example_service_does_what_it_says() {
    let source = hyp_tests::subject::root().join("docs/examples/notes_service.hyp");
    let mut child = command("hypc")
        .args(["run", text(&source), "--", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("hypc starts");
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().expect("a pipe")).read_line(&mut line).expect("a line");
    let port = line.trim().rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    let service = Service { child, port: port.expect("an address"), _scratch: Scratch::new() };
    let ask = |method: &str, path: &str, body: &str| {
        let length = body.len();
        let head =
            format!("{method} {path} HTTP/1.1\r\nHost: t\r\nContent-Length: {length}\r\n\r\n");
        let answer = service.ask(&format!("{head}{body}"));
        (answer.status, answer.body)
    };
    let is = |answer: (u16, String), status, body: &str| {
        assert_eq!((answer.0, answer.1.as_str()), (status, body));
    };
    is(ask("GET", "/health", ""), 200, r#"{"status":"up"}"#);
    is(ask("GET", "/notes", ""), 200, "[]");
    is(ask("POST", "/notes", r#"{"text":"deep"}"#), 201, r#"{"id":1,"text":"deep"}"#);
    is(ask("POST", "/notes", r#"{"text":"calm"}"#), 201, r#"{"id":2,"text":"calm"}"#);
    is(ask("GET", "/notes?contains=ee", ""), 200, r#"[{"id":1,"text":"deep"}]"#);
    is(ask("PUT", "/notes/1", r#"{"text":"deeper"}"#), 200, r#"{"id":1,"text":"deeper"}"#);
    is(ask("GET", "/notes/1", ""), 200, r#"{"id":1,"text":"deeper"}"#);
    is(ask("DELETE", "/notes/1", ""), 204, "");
    assert_eq!(ask("GET", "/notes/1", "").0, 404);
    assert_eq!(ask("GET", "/notes/x", "").0, 404);
    assert_eq!(ask("POST", "/notes", "{").0, 400);
    let (status, problem) = ask("POST", "/notes", r#"{"text":3}"#);
    assert_eq!(status, 422);
    assert!(problem.contains(r#""code":"note.text""#), "{problem}");
}

#[test]
fn requests_have_errors_with_codes() {
    let source = r#"
        Focus {
            suggestion code(request) {
                try { HttpSend(request); awaken "none"; } catch (e) { awaken e.code + " " + e.retryable + " " + e.kind; }
            }
            observe code({url: "http://127.0.0.1:1/"});
            observe code({url: "http://name.invalid/"});
            observe code({url: "ftp://host/"});
            observe code({url: "http://127.0.0.1/", metod: "GET"});
            induce server = HttpServe({});
            HttpRoute(server, "GET", "/slow", suggestion(request) { drift(5000); });
            HttpRoute(server, "GET", "/big", suggestion(request) { awaken Repeat("x", 2000); });
            HttpRoute(server, "GET", "/round", suggestion(request) { awaken Respond(302, null, {location: "round"}); });
            HttpRoute(server, "POST", "/see", suggestion(request) { awaken Respond(303, null, {location: "./seen?a=b"}); });
            HttpRoute(server, "GET", "/seen", suggestion(request) { awaken request.method + request.query.a; });
            HttpRoute(server, "GET", "/auth", suggestion(request) { awaken request.headers.authorization; });
            induce fails = 0;
            HttpRoute(server, "GET", "/flaky", suggestion(request) {
                fails = fails + 1;
                awaken fails < 3 ? Respond(503) : "fine";
            });
            observe code({url: server.url + "/slow", timeoutMs: 50});
            observe code({url: server.url + "/big", bodyMax: 1000});
            observe code({url: server.url + "/round"});
            observe HttpSend({method: "POST", url: server.url + "/see", body: "x"}).body;
            observe HttpSend({url: server.url + "/auth", auth: {user: "a", password: "b"}}).body;
            observe HttpSend({url: server.url + "/auth", auth: {bearer: "t"}}).body;
            observe HttpSend({url: server.url + "/flaky", retries: 2, retryMs: 1}).body;
            induce before = Timestamp();
            try { await withTimeout(50, spawnTask(suggestion() { awaken HttpGet(server.url + "/slow"); })); } catch (e) { observe e; }
            observe Timestamp() - before < 3;
            Close(server);
        } Relax
    "#;
    let captured = hyp_tests::capture::run(source, 2, |_| {}, |_| {});
    let expected = "HS5402 true io\nHS5401 true io\nHS5006 false io\nHS5006 false io\n\
        HS5001 true io\nHS5406 false io\nHS5404 false io\nGETb\nBasic YTpi\nBearer t\nfine\n\
        Operation timed out\ntrue\n";
    assert_eq!(captured.stdout, expected, "{captured:?}");
    assert_eq!(captured.exit_code, 0, "{captured:?}");
}

#[test]
fn addresses_need_a_grant() {
    use hyp_bytecode::builtin::Capability;
    use hyp_vm::{Grants, Scope};
    let source = r#"
        Focus {
            suggestion attempt(action) { try { action(); observe "done"; } catch (e) { observe e; } }
            induce server = HttpServe({});
            HttpRoute(server, "GET", "/away", suggestion(request) {
                awaken Respond(302, null, {location: "http://127.0.0.2/"});
            });
            attempt(suggestion() { HttpGet(server.url + "/"); });
            attempt(suggestion() { HttpGet("http://localhost:" + server.port); });
            attempt(suggestion() { HttpGet(server.url + "/away"); });
            attempt(suggestion() { HttpServe({host: "0.0.0.0", port: 81}); });
            Close(server);
        } Relax
    "#;
    let granted = |o: &mut hyp_vm::VmOptions| {
        o.grants = Grants::nothing();
        o.grants.get_mut(Capability::Net).allow = Scope::Only(vec!["127.0.0.1".to_owned()]);
    };
    let captured = hyp_tests::capture::run(source, 2, granted, |_| {});
    let lines: Vec<&str> = captured.stdout.lines().collect();
    assert_eq!(lines[0], "done", "{captured:?}");
    assert!(lines[1].contains("'localhost:"), "{captured:?}");
    assert!(lines[2].contains("'127.0.0.2:80' needs --allow-net=127.0.0.2:80"), "{captured:?}");
    assert!(lines[3].contains("'0.0.0.0:81'"), "{captured:?}");
}
