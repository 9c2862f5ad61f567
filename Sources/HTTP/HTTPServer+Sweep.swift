internal import EventLoop

extension HTTPServer {
  /// Looks at all time-outs with one coarse timer, which runs while there are connections.
  func startSweeping() {
    guard connections.count == 1 else { return }
    let interval = configuration.sweepInterval
    let timer = sweepTimer ?? EventLoopTimer(loop: loop) { [door] in door.server?.sweep() }
    sweepTimer = timer
    timer.start(after: interval, every: interval)
  }

  private func sweep() {
    let now = loop.milliseconds
    // Backwards, because a closed connection's place is taken by the last one.
    var position = connections.count - 1
    while position >= 0 {
      if position < connections.count { connections[position].checkTime(now) }
      position -= 1
    }
  }
}
