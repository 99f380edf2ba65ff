//! Wires between nodes that can be cut, slowed, and made to lose: every pair of nodes speaks through a proxy of its own.
//!
//! A TCP stream cannot lose bytes; what a lost packet costs is the time until it is sent again. A wire that loses holds every so many pieces
//! back for that long.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long it takes until a lost packet is sent again.
const RESEND: Duration = Duration::from_millis(250);

/// The weather on one wire.
#[derive(Default)]
pub struct Weather {
    cut: AtomicU64,
    delay_millis: AtomicU64,
    lost_percent: AtomicU64,
}

impl Weather {
    pub fn cut(&self, cut: bool) {
        self.cut.store(cut.into(), Ordering::SeqCst);
    }

    pub fn delay(&self, millis: u64) {
        self.delay_millis.store(millis, Ordering::SeqCst);
    }

    pub fn lose(&self, percent: u64) {
        self.lost_percent.store(percent, Ordering::SeqCst);
    }

    pub fn clear(&self) {
        self.cut(false);
        self.delay(0);
        self.lose(0);
    }

    fn is_cut(&self) -> bool {
        self.cut.load(Ordering::SeqCst) != 0
    }
}

/// Listens on `from` and passes on to `to`, both ports of this machine.
pub fn wire(from: u16, to: u16) -> Arc<Weather> {
    let weather = Arc::new(Weather::default());
    let listener = TcpListener::bind(("127.0.0.1", from)).unwrap_or_else(|e| panic!("port {from}: {e}"));
    let own = weather.clone();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if own.is_cut() {
                continue;
            }
            let Ok(onward) = TcpStream::connect(("127.0.0.1", to)) else { continue };
            for (mut input, mut output) in
                [(stream.try_clone(), onward.try_clone()), (onward.try_clone(), stream.try_clone())]
                    .map(|(a, b)| (a.unwrap(), b.unwrap()))
            {
                let weather = own.clone();
                thread::spawn(move || {
                    // Whoever hung up is gone.
                    let _ = pass(&mut input, &mut output, &weather);
                    let _ = (input.shutdown(Shutdown::Both), output.shutdown(Shutdown::Both));
                });
            }
        }
    });
    weather
}

fn pass(input: &mut TcpStream, output: &mut TcpStream, weather: &Weather) -> std::io::Result<()> {
    input.set_read_timeout(Some(Duration::from_millis(100)))?;
    output.set_nodelay(true)?;
    let (sender, receiver) = std::sync::mpsc::channel::<(Instant, Vec<u8>)>();
    let mut out = output.try_clone()?;
    // Delay is time on the way, not time between two pieces.
    thread::spawn(move || {
        for (due, bytes) in receiver {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if out.write_all(&bytes).is_err() {
                return;
            }
        }
    });
    let mut piece = [0; 16_384];
    let mut dice = 0x9e37_79b9_7f4a_7c15u64;
    loop {
        if weather.is_cut() {
            return Ok(());
        }
        let read = match input.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(e) if matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => continue,
            Err(e) => return Err(e),
        };
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let lost = (dice >> 33) % 100 < weather.lost_percent.load(Ordering::SeqCst);
        let way = Duration::from_millis(weather.delay_millis.load(Ordering::SeqCst));
        let due = Instant::now() + way + if lost { RESEND } else { Duration::ZERO };
        if sender.send((due, piece[..read].to_vec())).is_err() {
            return Ok(());
        }
    }
}
