package main

import (
	"bufio"
	"encoding/binary"
	"io"
	"log"
	"math"
	"os"
	"os/exec"
	"sync"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v3"
)

const payloadMax = 1200

type encoder struct {
	rtpEpochMs float64
	input      io.WriteCloser
	mutex      sync.Mutex
}

func startEncoder(command []string, track *webrtc.TrackLocalStaticRTP) (*encoder, error) {
	process := exec.Command(command[0], command[1:]...)
	process.Stderr = os.Stderr
	output, err := process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	input, err := process.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := process.Start(); err != nil {
		return nil, err
	}
	units := bufio.NewReaderSize(output, 1<<20)
	var epoch [8]byte
	if _, err := io.ReadFull(units, epoch[:]); err != nil {
		return nil, err
	}
	go sendUnits(units, track)
	return &encoder{rtpEpochMs: math.Float64frombits(binary.LittleEndian.Uint64(epoch[:])), input: input}, nil
}

func (e *encoder) requestKeyframe() {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	_, _ = e.input.Write([]byte{'k'})
}

// stop lets the encoder see its input end, which ends it.
func (e *encoder) stop() {
	_ = e.input.Close()
}

func sendUnits(units io.Reader, track *webrtc.TrackLocalStaticRTP) {
	payloader := &codecs.H264Payloader{}
	var sequenceNumber uint16
	for {
		var header [8]byte
		if _, err := io.ReadFull(units, header[:]); err != nil {
			os.Exit(0)
		}
		unit := make([]byte, binary.LittleEndian.Uint32(header[:4]))
		if _, err := io.ReadFull(units, unit); err != nil {
			log.Fatal(err)
		}
		payloads := payloader.Payload(payloadMax, unit)
		for i, payload := range payloads {
			packet := &rtp.Packet{
				Header: rtp.Header{
					Version:        2,
					SequenceNumber: sequenceNumber,
					Timestamp:      binary.LittleEndian.Uint32(header[4:]),
					Marker:         i == len(payloads)-1,
				},
				Payload: payload,
			}
			sequenceNumber++
			// A viewer that left is no concern of the others.
			_ = track.WriteRTP(packet)
		}
	}
}
