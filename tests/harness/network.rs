//! Networks of their own, apart from the machine's. They take root.

use std::fs::File;
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::process::{self, Command};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// A network that reaches this machine by one cable, until it is dropped.
#[derive(Debug)]
pub struct Network {
    name: String,
    here: Ipv4Addr,
    there: Ipv4Addr,
}

/// How many networks these tests have made.
static COUNT: AtomicU32 = AtomicU32::new(0);

impl Network {
    /// A network in `10.b.c.0/24`, where this machine is `.1` and whoever is in it `.2`. Nothing where
    /// this user may not make one.
    ///
    /// # Panics
    /// If it cannot be made for another reason.
    #[must_use]
    pub fn new(b: u8, c: u8) -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            return None;
        }
        let number = COUNT.fetch_add(1, Ordering::SeqCst);
        let name = format!("tg{}x{number}", process::id());
        if !ip(&["netns", "add", &name]) {
            return None;
        }
        let network =
            Self { name, here: Ipv4Addr::new(10, b, c, 1), there: Ipv4Addr::new(10, b, c, 2) };
        let name = network.name.as_str();
        let (near, far) = (format!("{name}a"), format!("{name}b"));
        let inside = |arguments: &[&str]| ip(&[&["-n", name], arguments].concat());
        let made = ip(&["link", "add", &near, "type", "veth", "peer", "name", &far])
            && ip(&["link", "set", &far, "netns", name])
            && ip(&["addr", "add", &format!("{}/24", network.here), "dev", &near])
            && ip(&["link", "set", &near, "up"])
            && inside(&["addr", "add", &format!("{}/24", network.there), "dev", &far])
            && inside(&["link", "set", "lo", "up"])
            && inside(&["link", "set", &far, "up"])
            // So that it can try to reach what it should not.
            && inside(&["route", "add", "default", "via", &network.here.to_string()]);
        assert!(made, "the network {name} cannot be made");
        Some(network)
    }

    /// The address of this machine in it.
    #[must_use]
    pub const fn here(&self) -> Ipv4Addr {
        self.here
    }

    /// The address of whoever is in it.
    #[must_use]
    pub const fn there(&self) -> Ipv4Addr {
        self.there
    }

    /// Does something as whoever is in it.
    ///
    /// # Panics
    /// If that panics, or cannot be done.
    pub fn inside<T: Send>(&self, act: impl FnOnce() -> T + Send) -> T {
        let space = File::open(format!("/run/netns/{}", self.name)).expect("the network");
        thread::scope(|scope| {
            let there = scope.spawn(|| {
                let kind = Some(LinkNameSpaceType::Network);
                move_into_link_name_space(space.as_fd(), kind).expect("a way into the network");
                act()
            });
            there.join().expect("somebody in the network who does not panic")
        })
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // The cable first: a namespace that is still in use would keep it.
        ip(&["link", "del", &format!("{}a", self.name)]);
        ip(&["netns", "del", &self.name]);
    }
}

fn ip(arguments: &[&str]) -> bool {
    Command::new("ip").args(arguments).output().is_ok_and(|output| output.status.success())
}
