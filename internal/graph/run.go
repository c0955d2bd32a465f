package graph

import (
	"fmt"
	"time"

	G "gorgonia.org/gorgonia"
)

// RunAll implements gorgonia.VM: it computes all kept nodes and waits for them. Nobody consumes the
// values of streams.
func (m *Machine) RunAll() error {
	m.rewind()
	return m.RunRest(nil)
}

// RunTo begins a run: it computes everything up to n and waits for it. What comes before n in the
// plan is then valid if it is kept. RunRest goes on, if no other machine of the arena ran meanwhile.
func (m *Machine) RunTo(n *G.Node) error {
	if m.plan == nil {
		return errClosed
	}
	step, ok := m.plan.steps[n]
	if !ok {
		return fmt.Errorf("run to %s: it is not computed", Layer(n))
	}
	m.rewind()
	return m.runUntil(step+1, nil)
}

// RunRest computes what is left after RunTo, or everything, and hands the values of the plan's streams to
// consume, or to nobody if that is nil. An error of consume ends the run.
func (m *Machine) RunRest(consume Consumer) error {
	if m.plan == nil {
		return errClosed
	}
	defer m.rewind()
	return m.runUntil(len(m.plan.ops), consume)
}

// rewind goes back to the first step.
func (m *Machine) rewind() { m.next, m.due = 0, 0 }

// runUntil runs the steps before step end, from the next one on.
func (m *Machine) runUntil(end int, consume Consumer) error {
	if err := m.prepare(); err != nil {
		return err
	}
	for ; m.next < end; m.next++ {
		if m.arena.between != nil {
			if err := m.arena.between(m.next, len(m.plan.ops)); err != nil {
				return err
			}
		}
		if err := m.runStep(m.next); err != nil {
			return m.stepError(m.next, err)
		}
		for ; m.due < len(m.streams) && m.plan.streams[m.due].step == m.next; m.due++ {
			if consume == nil {
				continue
			}
			if err := m.consume(m.due, consume); err != nil {
				return err
			}
		}
	}
	return m.be.Finish()
}

// runStep runs step i, watched where somebody wants to know.
func (m *Machine) runStep(i int) error {
	if m.observe == nil {
		return m.steps[i].Run()
	}
	start := time.Now()
	if err := m.steps[i].Run(); err != nil {
		return err
	}
	if err := m.be.Finish(); err != nil {
		return err
	}
	o := &m.plan.ops[i]
	m.observe(o.kind, o.layer, time.Since(start), o.desc.FLOPs())
	return nil
}

// consume hands a value over, when it is there.
func (m *Machine) consume(stream int, f Consumer) error {
	if err := m.be.Finish(); err != nil {
		return err
	}
	start := time.Now()
	s := &m.plan.streams[stream]
	if err := f(s.number, m.streams[stream]); err != nil {
		return err
	}
	if m.observe != nil {
		m.observe(Consumed, Layer(s.value), time.Since(start), 0)
	}
	return nil
}
