//! Slow, silent and many connections; keep-alive; the order to stop.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use crate::support::browser::{Answer, find, read_to_end};
use crate::support::directory::Scene;
use crate::support::service::Service;

/// Long enough to be told from none, short enough to wait for.
const SHORT: Duration = Duration::from_millis(300);

async fn impatient() -> Service {
    Service::adjusted(|parts| {
        parts.limits.header = SHORT;
        parts.limits.body = SHORT;
        parts.limits.idle = SHORT;
        parts.limits.write = SHORT;
    })
    .await
}

async fn connect(service: &Service) -> TcpStream {
    TcpStream::connect(service.address).await.unwrap()
}

/// Reads one answer of a connection that stays open.
async fn one_answer(stream: &mut TcpStream) -> Answer {
    let mut all = Vec::new();
    loop {
        all.push(stream.read_u8().await.unwrap());
        let Some(end) = find(&all, b"\r\n\r\n") else {
            continue;
        };
        let length = Answer::parse(&all[..end + 4])
            .header("content-length")
            .map(str::to_owned);
        let length: usize = length.expect("answers here have a length").parse().unwrap();
        if all.len() == end + 4 + length {
            return Answer::parse(&all);
        }
    }
}

#[tokio::test]
async fn a_header_that_comes_too_slowly_is_told_so() {
    let service = impatient().await;
    let mut stream = connect(&service).await;
    let began = Instant::now();
    let (mut reader, mut writer) = stream.split();
    let drip = async {
        for byte in b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ".iter().cycle() {
            if writer.write_all(&[*byte]).await.is_err() {
                break;
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    let answer = tokio::select! {
        bytes = read_to_end(&mut reader) => bytes,
        () = drip => panic!("the drip ended first"),
    };
    assert_eq!(Answer::parse(&answer).status, 408);
    assert!(began.elapsed() >= SHORT);
}

#[tokio::test]
async fn a_silent_connection_is_closed() {
    let service = impatient().await;
    let mut stream = connect(&service).await;
    let began = Instant::now();
    assert_eq!(read_to_end(&mut stream).await, b"");
    assert!(began.elapsed() >= SHORT);
}

#[tokio::test]
async fn a_body_that_comes_too_slowly_is_told_so() {
    let service = impatient().await;
    let mut stream = connect(&service).await;
    let head = format!(
        "POST /sign-in HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 50\r\n\r\nuser",
        service.address
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = Answer::parse(&read_to_end(&mut stream).await);
    assert_eq!(answer.status, 408);
    assert_eq!(answer.header("connection"), Some("close"));
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_request_and_closed_when_idle() {
    let service = impatient().await;
    let mut stream = connect(&service).await;
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n", service.address);
    for _ in 0..3 {
        stream.write_all(request.as_bytes()).await.unwrap();
        assert_eq!(one_answer(&mut stream).await.status, 200);
        sleep(SHORT / 3).await;
    }
    let began = Instant::now();
    assert_eq!(read_to_end(&mut stream).await, b"");
    assert!(began.elapsed() < SHORT * 4);
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let service = Service::without_directory().await;
    let mut stream = connect(&service).await;
    let host = service.address;
    let both = format!(
        "GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\nGET /nothing HTTP/1.1\r\nHost: {host}\r\n\r\n"
    );
    stream.write_all(both.as_bytes()).await.unwrap();
    assert_eq!(one_answer(&mut stream).await.status, 200);
    assert_eq!(one_answer(&mut stream).await.status, 404);
}

#[tokio::test]
async fn a_client_that_does_not_read_is_given_up() {
    let service = impatient().await;
    let asset = {
        let page = service.browser().get("/sign-in").await.body;
        let address = page
            .split('"')
            .find(|text| text.starts_with("/assets/style"));
        address.unwrap().to_owned()
    };
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(service.address).await.unwrap();
    let request = format!("GET {asset} HTTP/1.1\r\nHost: {}\r\n\r\n", service.address);
    // More answers than the buffers between the two can hold; nobody reads them.
    let asked = 2000;
    stream
        .write_all(request.repeat(asked).as_bytes())
        .await
        .unwrap();
    sleep(SHORT * 4).await;
    let received = read_to_end(&mut stream).await;
    let answered = String::from_utf8_lossy(&received)
        .matches("HTTP/1.1 200 OK")
        .count();
    assert!(
        answered < asked,
        "{answered} answers were written to nobody"
    );
}

#[tokio::test]
async fn a_house_full_of_silent_connections_has_room_for_a_person() {
    let service = Service::adjusted(|parts| parts.limits.connections = 50).await;
    let mut silent = Vec::new();
    for _ in 0..200 {
        silent.push(connect(&service).await);
    }
    for _ in 0..5 {
        assert_eq!(service.browser().get("/sign-in").await.status, 200);
    }
    drop(silent);
}

#[tokio::test]
async fn more_requests_than_the_service_takes_are_told_to_come_back() {
    let service = Service::adjusted(|parts| parts.limits.requests = 0).await;
    let busy = service.browser().get("/sign-in").await;
    assert_eq!(busy.status, 503);
    assert_eq!(busy.header("retry-after"), Some("5"));
    assert_eq!(service.browser().get("/healthz").await.status, 200);
}

#[tokio::test]
async fn three_hundred_slow_forms_keep_nobody_from_signing_in() {
    let scene = Scene::embedded().await;
    let service = Service::over(&scene).await;
    let head = format!(
        "POST /sign-in HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nu",
        service.address
    );
    let mut slow = Vec::new();
    for _ in 0..300 {
        let mut stream = connect(&service).await;
        stream.write_all(head.as_bytes()).await.unwrap();
        slow.push(stream);
    }
    assert_eq!(service.browser().get("/sign-in").await.status, 200);
    assert_eq!(service.browser().get("/readyz").await.status, 200);
    let mut person = service.sign_in(&scene, "lead.lena").await;
    assert_eq!(person.get("/").await.status, 200);
    let gave_way = Answer::parse(&read_to_end(&mut slow[0]).await);
    assert_eq!(gave_way.status, 503);
    assert_eq!(gave_way.header("retry-after"), Some("5"));
}

#[tokio::test]
async fn the_order_to_stop_lets_a_running_request_finish_and_takes_no_new_one() {
    let service = Service::without_directory().await;
    let mut running = connect(&service).await;
    let mut idle = connect(&service).await;
    let body = "csrf=x&username=a&password=b";
    let head = format!(
        "POST /sign-in HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
        service.address,
        body.len()
    );
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n", service.address);
    idle.write_all(request.as_bytes()).await.unwrap();
    assert_eq!(one_answer(&mut idle).await.status, 200);
    running.write_all(head.as_bytes()).await.unwrap();
    running.write_all(&body.as_bytes()[..5]).await.unwrap();
    sleep(Duration::from_millis(100)).await;

    service.stop.cancel();
    assert_eq!(
        read_to_end(&mut idle).await,
        b"",
        "an idle connection is closed at once"
    );
    running.write_all(&body.as_bytes()[5..]).await.unwrap();
    let answer = Answer::parse(&read_to_end(&mut running).await);
    assert_eq!(answer.status, 403);
    let address = service.address;
    service.stopped().await;
    assert!(
        TcpStream::connect(address).await.is_err(),
        "nobody listens any more"
    );
}
