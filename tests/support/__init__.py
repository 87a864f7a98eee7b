"""What several tests share: real servers, real weights, and the faults a healthy server never shows."""
