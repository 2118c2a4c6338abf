// The lock page is here, so the lock is too: the other pages of this browser may look.
if ("BroadcastChannel" in window) new BroadcastChannel("anoa-screen").postMessage("locked");
