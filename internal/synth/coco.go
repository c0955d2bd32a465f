package synth

import (
	"encoding/json"
	"io"
)

// The parts of COCO's instances layout that readers look at.
type (
	cocoFile struct {
		Info        cocoInfo         `json:"info"`
		Images      []cocoImage      `json:"images"`
		Annotations []cocoAnnotation `json:"annotations"`
		Categories  []cocoCategory   `json:"categories"`
	}
	cocoInfo struct {
		Description string `json:"description"`
		Seed        uint64 `json:"seed"`
		Split       string `json:"split"`
	}
	cocoImage struct {
		ID       int    `json:"id"`
		FileName string `json:"file_name"`
		Width    int    `json:"width"`
		Height   int    `json:"height"`
	}
	cocoAnnotation struct {
		ID         int    `json:"id"`
		ImageID    int    `json:"image_id"`
		CategoryID int    `json:"category_id"`
		Box        [4]int `json:"bbox"`
		Area       int    `json:"area"`
		Crowd      int    `json:"iscrowd"`
	}
	cocoCategory struct {
		ID            int    `json:"id"`
		Name          string `json:"name"`
		Supercategory string `json:"supercategory"`
	}
)

// writeCOCO writes the annotations of a split; ids count from 1.
func writeCOCO(w io.Writer, o Options, split string, images [][]object) error {
	f := cocoFile{Info: cocoInfo{"drawn scenes with a long-tailed, co-occurring set of things", o.Seed, split}}
	for i, k := range things() {
		f.Categories = append(f.Categories, cocoCategory{i + 1, k.name, k.group})
	}
	for i, objects := range images {
		f.Images = append(f.Images, cocoImage{i + 1, imageName(split, i), o.Size, o.Size})
		for _, ob := range objects {
			f.Annotations = append(f.Annotations, cocoAnnotation{
				ID: len(f.Annotations) + 1, ImageID: i + 1, CategoryID: ob.class + 1,
				Box: [4]int{ob.x, ob.y, ob.w, ob.h}, Area: ob.area,
			})
		}
	}
	return json.NewEncoder(w).Encode(f)
}
